#include "net/http_connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <exception>

#include "base/log.h"
#include "net/answer_sink.h"
#include "net/response_head.h"

namespace obolus::net {
namespace {

using boost::system::error_code;
using SteadyTime = std::chrono::steady_clock::time_point;

// For the first request of a connection that was made when the server stopped.
constexpr base::Millis kFirstRequest{1'000};
constexpr base::Millis kShedPause{200};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

auto Redirect(error_code& error) {
  return asio::redirect_error(kUseTask, error);
}

class RunningRequest {
 public:
  explicit RunningRequest(ServerCore& core) : core_(core) { core_.RequestBegins(); }
  ~RunningRequest() { core_.RequestEnds(); }
  RunningRequest(const RunningRequest&) = delete;
  RunningRequest& operator=(const RunningRequest&) = delete;

 private:
  ServerCore& core_;
};

// A place among the handshakes under way.
class Handshaking {
 public:
  explicit Handshaking(ServerCore& core) : core_(core), before_(core.handshakes.fetch_add(1)) {}
  ~Handshaking() { core_.handshakes.fetch_sub(1); }
  Handshaking(const Handshaking&) = delete;
  Handshaking& operator=(const Handshaking&) = delete;
  bool given() const { return before_ < core_.options.limits.max_handshakes; }

 private:
  ServerCore& core_;
  const std::size_t before_;
};

}  // namespace

Connection::Connection(std::shared_ptr<Lane> lane, Socket socket,
                       std::unique_ptr<AddressLimit::Ticket> ticket)
    : lane_(std::move(lane)),
      core_(lane_->core()),
      ticket_(std::move(ticket)),
      socket_(std::move(socket)),
      parser_(core_.options.limits.max_header_bytes, core_.options.limits.max_body_bytes) {
  lane_->Add(*this);
}

Connection::~Connection() {
  if (stream_) stream_->Gone();
  lane_->Remove(*this);
  BeServed();
  core_.connections.fetch_sub(1, std::memory_order_relaxed);
}

void Connection::Begin() {
  error_code error;
  socket_.set_option(asio::ip::tcp::no_delay(true), error);
  socket_.non_blocking(true, error);
  peer_ = ReadPeer();
  trusted_by_ = core_.tls.Get();
  if (trusted_by_) tls_.emplace(socket_, *trusted_by_);
  asio::co_spawn(socket_.get_executor(), Run(shared_from_this()), asio::detached);
}

Peer Connection::ReadPeer() const {
  error_code error;
  const auto address = socket_.remote_endpoint(error).address();
  Peer peer;
  peer.tls = core_.options.tls.has_value();
  if (error) return peer;
  peer.address = AddressText(address);
  return peer;
}

void Connection::Enter(Phase phase, base::Millis limit) {
  phase_ = phase;
  deadline_ = lane_->Deadline(limit);
}

void Connection::EnterUnlimited(Phase phase) {
  phase_ = phase;
  deadline_ = SteadyTime::max();
}

void Connection::Sweep(SteadyTime now) {
  if (phase_ == Phase::kHttp2) return http2_->Sweep(now);
  if (state_->lost && phase_ == Phase::kHandling) return Abort();
  if (now < deadline_ || gone_) return;
  deadline_ = SteadyTime::max();
  timed_out_ = true;
  error_code error;
  // A half-read request is answered with 408; every other limit just ends the connection.
  if (phase_ == Phase::kReading) {
    socket_.cancel(error);
  } else {
    Abort();
  }
}

void Connection::Retire() {
  if (phase_ == Phase::kHttp2) return http2_->Retire();
  error_code error;
  if (!served_ && (phase_ == Phase::kIdle || phase_ == Phase::kHandshake)) {
    deadline_ = std::min(deadline_, lane_->Deadline(kFirstRequest));
  } else if (phase_ == Phase::kIdle) {
    socket_.cancel(error);
  }
  if (stream_) stream_->End();
}

void Connection::Abort() {
  if (!std::exchange(gone_, true)) {
    error_code error;
    socket_.close(error);
  }
  if (stream_) stream_->Gone();
  if (http2_) http2_->Gone();
  Wake();
}

void Connection::Wake() {
  if (!waiter_) return;
  // Never resumed in place: the caller may hold locks that the next request's handler takes.
  asio::post(socket_.get_executor(), std::exchange(waiter_, nullptr));
}

Task<void> Connection::WaitForWake() {
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
      [this](auto handler) { waiter_ = std::move(handler); }, kUseTask);
}

void Connection::Answer(HttpResponse response) {
  if (phase_ != Phase::kHandling || answer_) return;
  answer_ = std::move(response);
  Wake();
}

bool Connection::StartStream(std::shared_ptr<StreamQueue> queue, HttpResponse head) {
  if (phase_ != Phase::kHandling || answer_ || gone_) return false;
  stream_ = std::move(queue);
  if (core_.stopping) stream_->End();
  answer_ = std::move(head);
  Wake();
  return true;
}

Task<void> Connection::Run(std::shared_ptr<Connection> self) {
  bool alive = !self->tls_ || co_await self->Handshake();
  if (alive && self->tls_ && ChoseHttp2(self->tls_->native_handle())) {
    co_await self->ServeHttp2();
    alive = false;
  }
  while (alive && !self->gone_) alive = co_await self->ServeOne();
  error_code error;
  self->gone_ = true;
  self->socket_.close(error);
}

Task<bool> Connection::Handshake() {
  const Handshaking place(core_);
  if (!place.given()) {
    if (core_.options.overloaded) core_.options.overloaded(Overload::kHandshake);
    co_return false;
  }
  Enter(Phase::kHandshake, core_.stopping ? kFirstRequest : core_.options.limits.handshake_timeout);
  error_code error;
  co_await tls_->async_handshake(asio::ssl::stream_base::server, Redirect(error));
  if (error) {
    HandshakeFailed(error);
    co_return false;
  }
  peer_.certificate = ReadPeerCertificate(tls_->native_handle());
  trusted_at_ = std::chrono::steady_clock::now();
  co_return true;
}

void Connection::BeServed() {
  if (!std::exchange(served_, true)) core_.RequestEnds();
}

Task<bool> Connection::ServeOne() {
  const Input input = co_await ReadRequest();
  if (input == Input::kGone || gone_) co_return false;
  if (input == Input::kRequest) {
    const RunningRequest running(core_);
    CheckPeerAgain();
    co_await Handle();
  } else {
    co_await Refuse();
  }
  BeServed();
  if (gone_ || !close_) co_return !gone_;
  co_await Linger();
  co_return false;
}

Task<Connection::Input> Connection::ReadRequest() {
  const ServerLimits& limits = core_.options.limits;
  Enter(Phase::kIdle, core_.stopping && !served_ ? kFirstRequest : limits.idle_timeout);
  for (;;) {
    switch (parser_.Parse()) {
      case RequestParser::Step::kComplete:
        co_return Input::kRequest;
      case RequestParser::Step::kRefused:
        refusal_ = parser_.refusal();
        co_return Input::kRefused;
      case RequestParser::Step::kContinue:
        out_ = kContinue;
        if (std::size_t written = 0; !WriteNow(written)) co_await WriteRest(written);
        if (gone_) co_return Input::kGone;
        break;
      case RequestParser::Step::kMore:
        break;
    }
    if (phase_ == Phase::kIdle && parser_.started()) Enter(Phase::kReading, limits.read_timeout);
    error_code error;
    // Stopping: what has already arrived is still served.
    const bool may_end = core_.stopping && served_ && phase_ == Phase::kIdle;
    if (may_end && socket_.available(error) == 0) {
      co_return Input::kGone;
    }
    const std::span<char> space = parser_.Space();
    const asio::mutable_buffer buffer(space.data(), space.size());
    std::size_t size = 0;
    if (tls_) {
      size = co_await tls_->async_read_some(buffer, Redirect(error));
    } else {
      size = co_await socket_.async_read_some(buffer, Redirect(error));
    }
    if (gone_) co_return Input::kGone;
    if (timed_out_) {
      refusal_ = {408, "the request did not arrive in time", {}};
      co_return Input::kRefused;
    }
    parser_.Commit(size);
    if (size > 0 || !error) continue;
    const bool retired = error == asio::error::operation_aborted && core_.stopping;
    if (!retired) co_return Input::kGone;
  }
}

Task<void> Connection::Handle() {
  close_ = !parser_.keep_alive() || ++requests_ >= core_.options.limits.max_requests_per_connection;
  answer_.reset();
  if (core_.unanswered.fetch_add(1, std::memory_order_relaxed) >=
      core_.options.limits.max_unanswered) {
    core_.unanswered.fetch_sub(1, std::memory_order_relaxed);
    co_return co_await Shed();
  }
  Responder responder(MakeAnswerSink(weak_from_this(), lane_, state_));
  HttpRequest request = parser_.Take();
  request.peer = peer_;
  EnterUnlimited(Phase::kHandling);
  try {
    core_.handler(std::move(request), std::move(responder));
  } catch (const std::exception& exception) {
    base::Log(base::LogLevel::kError, "handler_threw",
              {{base::Field::kListener, core_.options.name},
               {base::Field::kErrorText, std::string(exception.what())}});
  }
  while (!answer_ && !gone_) co_await WaitForWake();
  if (gone_) co_return;
  if (stream_) {
    co_await RunStream();
  } else {
    close_ = close_ || core_.stopping || core_.leaving;
    co_await Respond(*answer_, {.head = parser_.head(), .keep_alive = parser_.http_1_0()});
  }
}

// Not answered in the same instant: a client that comes back at once would take the time of those
// that are served, since a refusal costs a good part of what an answer does.
Task<void> Connection::Shed() {
  static_cast<void>(parser_.Take());
  if (core_.options.overloaded) core_.options.overloaded(Overload::kRequest);
  EnterUnlimited(Phase::kWriting);
  error_code error;
  Timer pause(socket_.get_executor(), kShedPause);
  if (!core_.stopping) co_await pause.async_wait(Redirect(error));
  if (gone_) co_return;
  close_ = close_ || core_.stopping || core_.leaving;
  co_await Respond(core_.overload_answer,
                   {.head = parser_.head(), .keep_alive = parser_.http_1_0()});
}

Task<void> Connection::Respond(const HttpResponse& response, Framing framing) {
  framing.close = close_;
  out_.clear();
  AppendResponse(response, framing, lane_->date(), out_);
  std::size_t written = 0;
  if (!WriteNow(written)) co_await WriteRest(written);
}

bool Connection::WriteNow(std::size_t& written) {
  if (tls_) return false;
  error_code error;
  written = socket_.write_some(asio::buffer(out_), error);
  return written == out_.size();
}

// Failing, it leaves gone_ set.
Task<void> Connection::WriteRest(std::size_t written) {
  const Phase before = phase_;
  const SteadyTime deadline = deadline_;
  Enter(Phase::kWriting, core_.options.limits.write_timeout);
  error_code error;
  const auto rest = asio::buffer(out_.data() + written, out_.size() - written);
  if (tls_) {
    co_await asio::async_write(*tls_, rest, Redirect(error));
  } else {
    co_await asio::async_write(socket_, rest, Redirect(error));
  }
  phase_ = before;
  deadline_ = deadline;
  if (error) Abort();
}

Task<void> Connection::Refuse() {
  EnterUnlimited(Phase::kWriting);
  HttpResponse response{.status = refusal_.status, .headers = {}, .body = {}};
  if (core_.options.refuse) response = core_.options.refuse(refusal_);
  close_ = true;
  co_await Respond(response, {});
}

}  // namespace obolus::net
