#include "app/request_limits.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace obolus::app {
namespace {

constexpr std::size_t kPlaces = 65'536;
constexpr std::chrono::seconds kLongestWait{60};

}  // namespace

struct RequestLimits::Impl {
  const RequestRules rules;
  const std::function<void()> refused;
  std::mutex mutex;
  domain::LeakTable requests;
  std::unordered_map<std::string, int> streams;  // only clients that have some
};

RequestLimits::RequestLimits(RequestRules rules, std::function<void()> refused)
    : impl_(new Impl{.rules = rules,
                     .refused = std::move(refused),
                     .mutex = {},
                     .requests = domain::LeakTable(kPlaces, rules.requests),
                     .streams = {}}) {}

std::optional<std::chrono::seconds> RequestLimits::Admit(const std::string& client,
                                                         base::Timestamp now) {
  // Not keyed: whoever chose addresses so that they share a place would push out the lowest only.
  const domain::Tag tag = std::hash<std::string>()(client);
  std::chrono::seconds wait(0);
  {
    std::lock_guard lock(impl_->mutex);
    wait = impl_->requests.WaitFor(tag, 1, now);
    if (wait.count() == 0) {
      impl_->requests.Add(tag, 1, now);
      return std::nullopt;
    }
  }
  if (impl_->refused) impl_->refused();
  return std::min(wait, kLongestWait);
}

std::shared_ptr<void> RequestLimits::OpenStream(const std::string& client) {
  {
    std::lock_guard lock(impl_->mutex);
    int& open = impl_->streams[client];
    if (impl_->rules.streams > 0 && open >= impl_->rules.streams) {
      if (impl_->refused) impl_->refused();
      return nullptr;
    }
    ++open;
  }
  return {impl_.get(), [impl = impl_, client](void*) {
            std::lock_guard lock(impl->mutex);
            const auto found = impl->streams.find(client);
            if (--found->second == 0) impl->streams.erase(found);
          }};
}

}  // namespace obolus::app
