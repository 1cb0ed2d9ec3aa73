#include "net/http_client.h"

#include <mutex>
#include <new>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "net/client_identity.h"
#include "net/http_transfer.h"
#include "net/signals_blocked.h"

namespace obolus::net {
namespace {

constexpr int kPollMs = 1'000;  // a limit only; whatever happens wakes it

using Multi = std::unique_ptr<CURLM, FreeWith<curl_multi_cleanup>>;
using Share = std::unique_ptr<CURLSH, FreeWith<curl_share_cleanup>>;

}  // namespace

struct HttpClient::Impl {
  ClientOptions options;
  ClientIdentity identity;
  Multi multi;
  Share share;
  std::mutex mutex;
  std::vector<std::unique_ptr<Transfer>> inbox;  // under mutex
  bool stopping = false;                         // under mutex
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> running;
  std::vector<Easy> spare;
  std::thread thread;

  void Run();
  void Begin(std::unique_ptr<Transfer> transfer);
  base::Status Launch(std::unique_ptr<Transfer>& transfer);
  void Reap();
  void End(std::unique_ptr<Transfer> transfer, base::Result<HttpResponse> result);
};

// Leaves the transfer alone when it fails.
base::Status HttpClient::Impl::Launch(std::unique_ptr<Transfer>& transfer) {
  if (spare.empty()) {
    transfer->easy.reset(curl_easy_init());
  } else {
    transfer->easy = std::move(spare.back());
    spare.pop_back();
  }
  if (!transfer->easy) return std::unexpected(OutOfMemory());
  // An answer may repeat what was sent.
  const bool is_collected = !transfer->request.on_body;
  if (transfer->request.secret_body && is_collected) {
    transfer->response.body.reserve(options.max_response_bytes);
  }
  if (auto ready = Prepare(*transfer, options, identity, share.get()); !ready) return ready;
  CURL* easy = transfer->easy.get();
  // Its place first: once it is added, nothing may fail.
  const auto place = running.emplace(easy, nullptr).first;
  const CURLMcode added = curl_multi_add_handle(multi.get(), easy);
  if (added != CURLM_OK) {
    running.erase(place);
    return base::Fail(base::ErrorCode::kUnavailable, curl_multi_strerror(added));
  }
  place->second = std::move(transfer);
  return {};
}

void HttpClient::Impl::Begin(std::unique_ptr<Transfer> transfer) {
  base::Status begun;
  try {
    begun = Launch(transfer);
  } catch (const std::bad_alloc&) {
    begun = std::unexpected(OutOfMemory());
  }
  if (!begun) End(std::move(transfer), std::unexpected(std::move(begun.error())));
}

void HttpClient::Impl::End(std::unique_ptr<Transfer> transfer, base::Result<HttpResponse> result) {
  try {
    if (transfer->request.secret_body) {
      transfer->easy.reset();  // with its upload buffer
    } else if (transfer->easy) {
      curl_easy_reset(transfer->easy.get());
      spare.push_back(std::move(transfer->easy));
    }
  } catch (const std::bad_alloc&) {
    transfer->easy.reset();
  }
  try {
    transfer->done(std::move(result));
  } catch (const std::bad_alloc&) {
    base::Log(base::LogLevel::kError, "out_of_memory");
  }
}

void HttpClient::Impl::Reap() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    auto node = running.extract(easy);
    CHECK(!node.empty());
    std::unique_ptr<Transfer> transfer = std::move(node.mapped());
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi.get(), easy);
    base::Result<HttpResponse> result;
    if (code == CURLE_OK) {
      transfer->response.status = static_cast<int>(status);
      result = std::move(transfer->response);
    } else {
      result = std::unexpected(TellError(*transfer, code));
    }
    End(std::move(transfer), std::move(result));
  }
}

void HttpClient::Impl::Run() {
  bool ending = false;
  while (!ending) {
    std::vector<std::unique_ptr<Transfer>> incoming;
    {
      const std::lock_guard lock(mutex);
      incoming.swap(inbox);
      ending = stopping;
    }
    for (auto& transfer : incoming) Begin(std::move(transfer));
    int active = 0;
    if (!ending) curl_multi_perform(multi.get(), &active);
    Reap();
    if (!ending) curl_multi_poll(multi.get(), nullptr, 0, kPollMs, nullptr);
  }
  while (!running.empty()) {
    auto node = running.extract(running.begin());
    curl_multi_remove_handle(multi.get(), node.key());
    End(std::move(node.mapped()),
        base::Fail(base::ErrorCode::kUnavailable, "the client is closing"));
  }
  spare.clear();
  multi.reset();
  share.reset();
}

base::Result<std::unique_ptr<HttpClient>> HttpClient::Make(ClientOptions options) {
  StartCurl();
  auto identity = ReadClientIdentity(options.tls);
  if (!identity) return std::unexpected(std::move(identity).error());
  auto impl = std::make_unique<Impl>(std::move(options), std::move(*identity));
  impl->multi.reset(curl_multi_init());
  impl->share.reset(curl_share_init());
  CHECK(impl->multi && impl->share);
  // Handles are used by one thread only, so the share needs no locks.
  curl_share_setopt(impl->share.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  const auto most = static_cast<long>(impl->options.max_connections);
  curl_multi_setopt(impl->multi.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
  curl_multi_setopt(impl->multi.get(), CURLMOPT_MAXCONNECTS, most);
  const SignalsBlocked blocked;  // with NOSIGNAL libcurl leaves SIGPIPE to us
  impl->thread = std::thread([raw = impl.get()] { raw->Run(); });
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(impl)));
}

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpClient::~HttpClient() {
  CHECK(std::this_thread::get_id() != impl_->thread.get_id());
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    curl_multi_wakeup(impl_->multi.get());
  }
  impl_->thread.join();
}

void HttpClient::Send(ClientRequest request, base::Done<HttpResponse> done) {
  auto transfer = std::make_unique<Transfer>();
  transfer->request = std::move(request);
  transfer->done = std::move(done);
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->stopping) {
      impl_->inbox.push_back(std::move(transfer));
      if (impl_->inbox.size() == 1) curl_multi_wakeup(impl_->multi.get());
      return;
    }
  }
  // Only a `done` of the client's own thread can still be calling.
  transfer->done(base::Fail(base::ErrorCode::kUnavailable, "the client is closing"));
}

}  // namespace obolus::net
