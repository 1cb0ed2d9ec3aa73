// What stands between an HTTP/2 session and its TLS socket: one coroutine that reads and one that
// writes, so that neither direction waits for the other. Gives complete requests to the server's
// handler, as http_connection does for HTTP/1.1. Owned by the connection whose handshake chose
// HTTP/2; the lane's thread.
#pragma once

#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "net/asio_types.h"
#include "net/http2_session.h"
#include "net/http_message.h"
#include "net/lane.h"

namespace obolus::net {

// By ALPN (RFC 7301), in a handshake that has ended.
bool ChoseHttp2(SSL* ssl);

class Http2Connection {
 public:
  // `close` closes the socket and calls Gone. All of them outlive this.
  Http2Connection(Lane& lane, asio::ssl::stream<Socket&>& tls, const Peer& peer,
                  std::function<void()> close);

  // Returns when all is said, or the client is gone; nothing is under way on the socket then.
  Task<void> Run();

  void Sweep(std::chrono::steady_clock::time_point now);
  void Retire();
  void Gone();  // the socket has been closed

 private:
  Task<void> Write();
  Task<void> WaitForWake();
  void Wake();
  void Serve();
  void Handle(const std::shared_ptr<Http2Stream>& stream);
  void ShedLater(const std::shared_ptr<Http2Stream>& stream);

  Lane& lane_;
  ServerCore& core_;
  asio::ssl::stream<Socket&>& tls_;
  const Peer& peer_;
  const std::function<void()> close_;
  Http2Session session_;
  std::string out_;
  std::chrono::steady_clock::time_point write_deadline_ =
      std::chrono::steady_clock::time_point::max();
  bool gone_ = false;
  bool writing_ = false;  // Write runs
  bool awake_ = false;    // something came since it last looked
  std::move_only_function<void()> waiter_;
};

}  // namespace obolus::net
