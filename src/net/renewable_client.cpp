#include "net/renewable_client.h"

#include <cstddef>

namespace obolus::net {

// One request under way. It ends after its `done` has returned, so that the client whose thread
// that runs on is never idle meanwhile.
struct RenewableClient::Lease {
  explicit Lease(std::shared_ptr<std::atomic<std::size_t>> count) : under_way(std::move(count)) {
    under_way->fetch_add(1);
  }
  Lease(Lease&&) noexcept = default;
  ~Lease() {
    if (under_way) under_way->fetch_sub(1);
  }
  std::shared_ptr<std::atomic<std::size_t>> under_way;
};

base::Result<std::unique_ptr<RenewableClient>> RenewableClient::Make(ClientOptions options) {
  const ClientTls tls = options.tls;
  std::unique_ptr<RenewableClient> made(new RenewableClient(std::move(options)));
  if (auto first = made->Renew(tls); !first) return std::unexpected(std::move(first).error());
  return made;
}

RenewableClient::~RenewableClient() = default;

void RenewableClient::Send(ClientRequest request, base::Done<HttpResponse> done) {
  std::vector<Entry> idle;
  const std::lock_guard lock(mutex_);
  if (entries_.size() > 1) idle = TakeIdle();
  const Entry& newest = entries_.back();
  newest.client->Send(std::move(request), [lease = Lease(newest.under_way), done = std::move(done)](
                                              base::Result<HttpResponse> response) mutable {
    done(std::move(response));
  });
}

base::Status RenewableClient::Renew(const ClientTls& tls) {
  ClientOptions options;
  {
    const std::lock_guard lock(mutex_);
    options = options_;
  }
  options.tls = tls;
  auto client = HttpClient::Make(options);
  if (!client) return std::unexpected(std::move(client).error());
  std::vector<Entry> idle;
  {
    const std::lock_guard lock(mutex_);
    options_ = std::move(options);
    entries_.push_back({std::move(*client), std::make_shared<std::atomic<std::size_t>>(0)});
    idle = TakeIdle();
  }
  return {};
}

std::vector<RenewableClient::Entry> RenewableClient::TakeIdle() {
  std::vector<Entry> idle;
  const auto is_idle = [](const Entry& entry) { return entry.under_way->load() == 0; };
  for (std::size_t i = 0; i + 1 < entries_.size();) {
    if (is_idle(entries_[i])) {
      idle.push_back(std::move(entries_[i]));
      entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  return idle;
}

}  // namespace obolus::net
