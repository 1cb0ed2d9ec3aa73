// An HTTP server on one listening socket, plain or TLS: HTTP/1.1, and HTTP/2 where `ServerTls`
// offers it, made of Asio coroutines, Beast's parser and nghttp2, none of which shows here. It
// gives each request, fully read and within limits, to one handler on an engine thread; the handler
// answers at once or later, from any thread, through its `Responder`, and cannot tell which HTTP it
// was. Malformed or oversized requests, and those beyond what it takes on at once, are answered by
// the engine itself (400, 408, 413, 414, 417, 431, 501, 503, 505) through `ServerOptions::refuse`,
// so that every error has the same shape. Owned by main.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "net/engine.h"
#include "net/handshake_fault.h"
#include "net/http_message.h"
#include "net/refusal.h"
#include "net/tls.h"

namespace obolus::net {

// The sending half of a response that has no end yet (Server-Sent Events). Any thread. When the
// client does not read, at most 64 KiB are held and then the connection (of HTTP/2: the stream) is
// closed.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;
  // False when the connection is gone; nothing was queued then.
  virtual bool Write(std::string chunk) = 0;
  virtual void Close() = 0;
  // Called once, on an engine thread, when that ends for whatever reason; within this
  // call when the server has already gone. Set it once.
  virtual void OnClosed(std::move_only_function<void()> callback) = 0;
};

// Answers one request, once. Dropping it unanswered answers 500.
class Responder {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    // What throws here is as good as sent: the sink has ended the exchange, or does when it goes.
    virtual void Send(HttpResponse response) = 0;
    virtual std::shared_ptr<ResponseStream> Start(HttpResponse head) = 0;
    virtual void Cut() { Send(HttpResponse{.status = 500, .headers = {}, .body = {}}); }
  };

  explicit Responder(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) noexcept = default;
  ~Responder();

  // Sends the response; any thread.
  void Send(HttpResponse response) { std::exchange(sink_, nullptr)->Send(std::move(response)); }
  // Ends the connection without an answer, as a peer that died would. For stand-ins and tests.
  void Cut() { std::exchange(sink_, nullptr)->Cut(); }
  // Sends the head (no content-length; the connection closes at the end) and gives the stream.
  std::shared_ptr<ResponseStream> Start(HttpResponse head) {
    return std::exchange(sink_, nullptr)->Start(std::move(head));
  }

 private:
  std::unique_ptr<Sink> sink_;
};

using Handler = std::function<void(HttpRequest, Responder)>;

struct ServerLimits {
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_body_bytes = 256 * 1024;
  std::size_t max_connections = 4096;  // one beyond is closed as soon as it is accepted
  // Of them, those of one IPv4 address or IPv6 /64; 0: any number. One beyond is closed likewise.
  std::size_t max_connections_per_address = 0;
  std::size_t max_handshakes = 512;  // of TLS, under way; one beyond is closed
  // Requests that the handler has and has not answered; one beyond is answered 503 at once, before
  // anything is done for it, and its connection goes on. A stream counts until its head is sent.
  std::size_t max_unanswered = 4096;
  // Served on one connection; then it closes, or the client is told to open another.
  std::size_t max_requests_per_connection = 100'000;
  base::Millis read_timeout{10'000};  // from the first byte of a request to its last
  base::Millis idle_timeout{60'000};  // between requests
  base::Millis write_timeout{30'000};
  base::Millis handshake_timeout{10'000};
};

// What a server turned away because it had as much as it takes.
enum class Overload : std::uint8_t {
  kConnection,
  kRequest,
  kAddress,    // it has as many connections as one may
  kHandshake,  // as many as may be are under way
  kFlood,      // an HTTP/2 connection that was all work and no requests
};

struct ServerOptions {
  std::string name{};  // "commerce", "shopper": for logs
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;          // 0: any free one
  std::optional<ServerTls> tls{};  // absent: plain HTTP
  ServerLimits limits{};
  // Makes the response, with its status, for a request that never reaches the handler. Default: the
  // refusal's status and an empty body.
  std::function<HttpResponse(const Refusal&)> refuse{};
  // Of a numeric address: the number of its connections is not limited. Must be quick.
  std::function<bool(std::string_view)> is_exempt{};
  std::function<void(Overload)> overloaded{};  // called for each; must be quick
  std::function<void(const HandshakeRefusal&)> handshake_refused{};  // the same
};

// Start, Leave, StopListening, Drain, the end: any thread but the engine's own (CHECK). The handler
// runs on engine threads, for several connections at once, and never again once the server has
// gone.
class HttpServer {
 public:
  // Listens. Errors: kForbidden (a key that others may read), kInvalid (a TLS file that cannot be
  // read or does not fit), kUnavailable (the address cannot be bound). The engine must outlive the
  // server.
  static base::Result<std::unique_ptr<HttpServer>> Start(Engine& engine, ServerOptions options,
                                                         Handler handler);
  ~HttpServer();  // StopListening, closes what is open

  std::uint16_t port() const;

  // Reads certificate, key, authorities and revocation lists as `tls` now says (but http2, which
  // stays); handshakes from now
  // on go by them, and so do clients that are here already, with their next request: one whose
  // certificate would not pass any more is without one. Errors, which leave everything as it was:
  // kForbidden, kInvalid, as of Start; also when the server is plain. Any thread.
  base::Status RenewTls(const ServerTls& tls);

  // From now on each answer says "connection: close", and everything else goes on: so that proxies
  // move elsewhere before StopListening, without one request in the way of a closing connection.
  void Leave();
  // No new connections; idle keep-alive connections close, running requests get "connection:
  // close". Whoever had connected has a second for its first request: it would not know that it was
  // not served.
  void StopListening();
  // Waits until no request is running or awaited, at most `limit`, closing streams at once. True
  // when all ended.
  bool Drain(base::Millis limit);

  struct Impl;  // for net/ only

 private:
  explicit HttpServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace obolus::net
