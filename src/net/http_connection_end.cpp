#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>

#include "net/http_connection.h"
#include "net/response_head.h"

// How a connection goes on when it does not go from request to request: as a stream, as HTTP/2, and
// to its end.
namespace obolus::net {
namespace {

using boost::system::error_code;

constexpr base::Millis kGoodbye{2'000};        // for the client to read a refusal and hang up
constexpr std::size_t kMostDrained = 1 << 20;  // of what it still sends meanwhile

auto Redirect(error_code& error) {
  return asio::redirect_error(kUseTask, error);
}

}  // namespace

// Closing at once while the client still sends would reset the connection and could destroy the
// response before it is read (RFC 9112 §9.6), so the rest is read and thrown away for a while.
Task<void> Connection::Linger() {
  co_await Shutdown();
  Enter(Phase::kClosing, kGoodbye);
  std::array<char, 4096> sink;
  error_code error;
  std::size_t drained = 0;
  while (!error && !gone_ && drained < kMostDrained) {
    drained += co_await socket_.async_read_some(asio::buffer(sink), Redirect(error));
  }
}

// Says that no more will come: close_notify under TLS, then FIN.
Task<void> Connection::Shutdown() {
  Enter(Phase::kClosing, kGoodbye);
  error_code error;
  if (tls_ && !gone_) {
    SSL_set_shutdown(tls_->native_handle(), SSL_RECEIVED_SHUTDOWN);  // does not wait for theirs
    co_await tls_->async_shutdown(Redirect(error));
  }
  if (!gone_) socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
}

Task<void> Connection::RunStream() {
  out_.clear();
  AppendResponse(*answer_, {.stream = true}, lane_->date(), out_);
  watching_ = true;
  asio::co_spawn(socket_.get_executor(), WatchPeer(shared_from_this()), asio::detached);
  EnterUnlimited(Phase::kStreaming);
  bool last = parser_.head();
  for (;;) {
    if (std::size_t written = 0; !out_.empty() && !WriteNow(written)) co_await WriteRest(written);
    if (gone_ || last) break;
    last = stream_->Take(out_);
    if (out_.empty() && !last) co_await WaitForWake();
  }
  close_ = true;
  stream_->Gone();
  EnterUnlimited(Phase::kClosing);
  error_code error;
  if (watching_) socket_.cancel(error);
  while (watching_) co_await WaitForWake();
}

// Its requests count as awaited until it ends: whoever stops the server waits for the last of them.
Task<void> Connection::ServeHttp2() {
  http2_.emplace(*lane_, *tls_, peer_, [this] { Abort(); });
  EnterUnlimited(Phase::kHttp2);
  co_await http2_->Run();
  phase_ = Phase::kClosing;
  http2_.reset();
  BeServed();
  if (!gone_) co_await Linger();
}

// Notices a client that has gone while the stream has nothing to say.
Task<void> Connection::WatchPeer(std::shared_ptr<Connection> self) {
  std::array<char, 512> sink;
  error_code error;
  while (!error && self->phase_ != Phase::kClosing) {
    if (self->tls_) {
      co_await self->tls_->async_read_some(asio::buffer(sink), Redirect(error));
    } else {
      co_await self->socket_.async_read_some(asio::buffer(sink), Redirect(error));
    }
  }
  self->watching_ = false;
  if (error && error != asio::error::operation_aborted) self->Abort();
  self->Wake();
}

}  // namespace obolus::net
