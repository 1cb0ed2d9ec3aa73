#include "net/http_transfer.h"

#include <malloc.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/secret.h"
#include "base/url.h"

namespace obolus::net {
namespace {

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

std::size_t OnBody(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.body_bytes += size;
  if (transfer.body_bytes > transfer.most) {
    transfer.too_large = true;
    return 0;
  }
  try {
    if (transfer.request.on_body) {
      return transfer.request.on_body(std::string_view(data, size)) ? size : 0;
    }
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

// The address that libcurl is about to connect to, whatever name, spelling or answer of a name
// server it came from: what is refused here is not reached.
curl_socket_t OnOpenSocket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  try {
    if (auto allowed = transfer.options->may_connect(address->addr); !allowed) {
      transfer.refused = std::move(allowed.error().message);
      return CURL_SOCKET_BAD;
    }
  } catch (const std::bad_alloc&) {
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
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
  if (!transfer.refused.empty()) {
    error = {base::ErrorCode::kForbidden, transfer.refused, {}, std::nullopt};
  }
  if (transfer.too_large) {
    error = {base::ErrorCode::kTooLarge, "the response is too large", {}, std::nullopt};
  }
  long sent = 0;
  if (transfer.easy) curl_easy_getinfo(transfer.easy.get(), CURLINFO_REQUEST_SIZE, &sent);
  if (sent == 0) error.extensions.emplace_back(kNothingSent, 1);
  return error;
}

curl_blob BlobOf(std::string& text) {
  return {.data = text.data(), .len = text.size(), .flags = CURL_BLOB_NOCOPY};
}

void SetTls(CURL* easy, ClientIdentity& identity) {
  const bool only_13 = identity.min_version == TlsVersion::k13;
  curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                   static_cast<long>(only_13 ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2));
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

void SetMethod(CURL* easy, const ClientRequest& request) {
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
bool SetHeaders(Transfer& transfer) {
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

// By which addresses, and past which proxies.
void SetWay(Transfer& transfer, const ClientOptions& options) {
  CURL* easy = transfer.easy.get();
  if (options.direct) {
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    // A request on a connection that was used before is sent again by libcurl when that turns out
    // to be dead, and nobody knows whether the first one was read.
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  }
  if (options.may_connect) {
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, OnOpenSocket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  }
  for (const std::string& entry : options.resolve) {
    transfer.resolved.reset(curl_slist_append(transfer.resolved.release(), entry.c_str()));
  }
  if (transfer.resolved) curl_easy_setopt(easy, CURLOPT_RESOLVE, transfer.resolved.get());
}

}  // namespace

void StartCurl() {
  static const bool ready = curl_global_init_mem(CURL_GLOBAL_DEFAULT, std::malloc, FreeWiped,
                                                 ReallocWiped, strdup, std::calloc) == CURLE_OK;
  CHECK(ready);
}

// Short enough to need no memory itself.
base::Error OutOfMemory() {
  return {base::ErrorCode::kUnavailable, "out of memory", {}, std::nullopt};
}

base::Error TellError(const Transfer& transfer, CURLcode code) {
  try {
    return ErrorOf(transfer, code);
  } catch (const std::bad_alloc&) {
    return OutOfMemory();
  }
}

base::Status Prepare(Transfer& transfer, const ClientOptions& options, ClientIdentity& identity,
                     CURLSH* share) {
  transfer.options = &options;
  transfer.most = options.max_response_bytes;
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
  curl_easy_setopt(easy, CURLOPT_SHARE, share);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  const auto url = base::ParseUrl(transfer.request.url, base::HttpPolicy::kHttpOnLoopback);
  if (url && url->IsLoopback()) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  SetWay(transfer, options);
  SetTls(easy, identity);
  SetMethod(easy, transfer.request);
  if (!SetHeaders(transfer)) {
    return base::Fail(base::ErrorCode::kInvalid, "a header holds a line break");
  }
  return {};
}

}  // namespace obolus::net
