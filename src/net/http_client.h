// Outbound HTTPS over libcurl's multi interface on a thread of its own: pooled connections, client
// certificates, deadlines. Redirects are never followed. Responses are cut at `max_response_bytes`.
// What libcurl frees is wiped first, so that of a secret body nothing stays in the heap. Used by
// eventing, vault and the sandbox.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "net/http_message.h"
#include "net/tls.h"

namespace obolus::net {

struct ClientRequest {
  std::string method = "POST";
  std::string url{};
  Headers headers{};
  std::string body{};
  // Sent instead of `body`: bytes that must leave no copy behind.
  std::shared_ptr<const base::SecretBytes> secret_body{};
  // Gets the answer's body piece by piece on the client's thread, instead of HttpResponse::body.
  // False: that is enough, the request ends with kUnavailable.
  std::function<bool(std::string_view)> on_body{};
};

struct ClientOptions {
  ClientTls tls{};
  base::Millis connect_timeout{5'000};
  base::Millis timeout{10'000};  // for the whole exchange
  std::size_t max_connections = 64;
  std::size_t max_response_bytes = 64 * 1024;
  bool direct = false;  // by no proxy, whatever the environment says, and with the path as given
  // Asked for each address before it is connected to, so that it holds for what a name server says
  // at that moment. A refusal ends the request with kForbidden, unless another address is allowed.
  std::function<base::Status(const sockaddr&)> may_connect{};
  std::vector<std::string> resolve{};  // "name:port:address[,address]": instead of a name server
};

// Among Error::extensions of a request that failed before its first byte was sent.
inline constexpr char kNothingSent[] = "nothing_sent";

class HttpClient {
 public:
  // kInvalid: a TLS file that cannot be read.
  static base::Result<std::unique_ptr<HttpClient>> Make(ClientOptions options);
  ~HttpClient();  // requests under way end with kUnavailable; then joins

  // Any thread; `done` runs on the client's thread and must not block. Any status is a success
  // here. Errors: kForbidden (`may_connect`), kTimeout, kUnavailable (DNS, refused, reset, TLS; the
  // message says which), kTooLarge.
  void Send(ClientRequest request, base::Done<HttpResponse> done);

 private:
  struct Impl;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace obolus::net
