#include "net/http_client.h"

#include <curl/curl.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/url.h"
#include "net/client_identity.h"
#include "net/free_with.h"
#include "net/signals_blocked.h"

namespace obolus::net {
namespace {

constexpr int kPollMs = 1'000;  // a limit only; whatever happens wakes it

using Easy = std::unique_ptr<CURL, FreeWith<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, FreeWith<curl_multi_cleanup>>;
using Share = std::unique_ptr<CURLSH, FreeWith<curl_share_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, FreeWith<curl_slist_free_all>>;

// libcurl copies a body into buffers of its own, so all that it frees is wiped.
void FreeWiped(void* memory) {
  base::WipeMemory(memory, malloc_usable_size(memory));
  std::free(memory);
}

void* ReallocWiped(void* memory, std::size_t size) {
  if (memory == nullptr) return std::malloc(size);
  void* moved = std::malloc(size);
  if (moved != nullptr) {
    std::memcpy(moved, memory, std::min(size, malloc_usable_size(memory)));
    FreeWiped(memory);
  }
  return moved;
}

// One exchange, from Send to `done`; libcurl has its address.
struct Transfer {
  ClientRequest request;
  base::Done<HttpResponse> done;
  HttpResponse response;
  std::size_t most = 0;  // of the header, and of the body
  std::size_t header_bytes = 0;
  bool too_large = false;
  Easy easy;
  HeaderList headers;
  std::array<char, CURL_ERROR_SIZE> error{};
};

std::size_t OnBody(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.response.body.size() + size > transfer.most) {
    transfer.too_large = true;
    return 0;
  }
  try {
    transfer.response.body.append(data, size);
  } catch (const std::bad_alloc&) {
    return 0;  // ends the transfer; what calls this is C
  }
  return size;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n' || text.back() == ' ' ||
                           text.back() == '\t')) {
    text.remove_suffix(1);
  }
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

std::size_t OnHeader(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  auto& headers = transfer.response.headers;
  const std::string_view line(data, size);
  transfer.header_bytes += size;
  if (transfer.header_bytes > transfer.most) {
    transfer.too_large = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    headers = {};  // what came before belongs to an interim response
    return size;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  try {
    headers.Add(std::string(line.substr(0, colon)), std::string(Trim(line.substr(colon + 1))));
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return size;
}

bool HasLineBreak(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

// Short enough to need no memory itself.
base::Error OutOfMemory() {
  return {base::ErrorCode::kUnavailable, "out of memory", {}, std::nullopt};
}

base::Error ErrorOf(const Transfer& transfer, CURLcode code) {
  const char* said = transfer.error[0] != '\0' ? transfer.error.data() : curl_easy_strerror(code);
  base::Error error;
  error.message = said;
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      error.code = base::ErrorCode::kTimeout;
      break;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      error.code = base::ErrorCode::kInvalid;
      break;
    default:
      error.code = base::ErrorCode::kUnavailable;
  }
  if (transfer.too_large) {
    error = {base::ErrorCode::kTooLarge, "the response is too large", {}, std::nullopt};
  }
  return error;
}

base::Error TellError(const Transfer& transfer, CURLcode code) {
  try {
    return ErrorOf(transfer, code);
  } catch (const std::bad_alloc&) {
    return OutOfMemory();
  }
}

curl_blob BlobOf(std::string& text) {
  return {.data = text.data(), .len = text.size(), .flags = CURL_BLOB_NOCOPY};
}

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
  void Prepare(Transfer& transfer);
  void SetTls(CURL* easy);
  void SetMethod(CURL* easy, const ClientRequest& request);
  bool SetHeaders(Transfer& transfer);
  void Reap();
  void End(std::unique_ptr<Transfer> transfer, base::Result<HttpResponse> result);
};

void HttpClient::Impl::SetTls(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!identity.ca.empty()) {
    curl_blob blob = BlobOf(identity.ca);
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  if (!identity.certificate.empty()) {
    curl_blob certificate = BlobOf(identity.certificate);
    curl_blob key = BlobOf(identity.key);
    curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &certificate);
    curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &key);
  }
}

void HttpClient::Impl::SetMethod(CURL* easy, const ClientRequest& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  const std::string_view body = request.secret_body ? request.secret_body->text() : request.body;
  if (body.empty() && request.method != "POST" && request.method != "PUT" &&
      request.method != "PATCH") {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

// False: a name or value that would break out of its line.
bool HttpClient::Impl::SetHeaders(Transfer& transfer) {
  const auto append = [&](const std::string& line) {
    transfer.headers.reset(curl_slist_append(transfer.headers.release(), line.c_str()));
  };
  append("Expect:");  // a round trip that no event needs
  if (transfer.request.headers.Find("content-type") == nullptr) append("Content-Type:");
  for (const Header& header : transfer.request.headers) {
    if (HasLineBreak(header.name) || HasLineBreak(header.value)) return false;
    append(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  curl_easy_setopt(transfer.easy.get(), CURLOPT_HTTPHEADER, transfer.headers.get());
  return true;
}

void HttpClient::Impl::Prepare(Transfer& transfer) {
  CURL* easy = transfer.easy.get();
  curl_easy_setopt(easy, CURLOPT_URL, transfer.request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  // One exchange a connection at a time, so that max_connections bounds what a receiver sees at
  // once.
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_SHARE, share.get());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  const auto url = base::ParseUrl(transfer.request.url, base::HttpPolicy::kHttpOnLoopback);
  if (url && url->IsLoopback()) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  SetTls(easy);
  SetMethod(easy, transfer.request);
}

// Leaves the transfer alone when it fails.
base::Status HttpClient::Impl::Launch(std::unique_ptr<Transfer>& transfer) {
  if (spare.empty()) {
    transfer->easy.reset(curl_easy_init());
  } else {
    transfer->easy = std::move(spare.back());
    spare.pop_back();
  }
  if (!transfer->easy) return std::unexpected(OutOfMemory());
  transfer->most = options.max_response_bytes;
  // An answer may repeat what was sent.
  if (transfer->request.secret_body) transfer->response.body.reserve(transfer->most);
  Prepare(*transfer);
  if (!SetHeaders(*transfer)) {
    return base::Fail(base::ErrorCode::kInvalid, "a header holds a line break");
  }
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
  static const bool ready = curl_global_init_mem(CURL_GLOBAL_DEFAULT, std::malloc, FreeWiped,
                                                 ReallocWiped, strdup, std::calloc) == CURLE_OK;
  CHECK(ready);
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
