#include "net/http2_connection.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <exception>

#include "base/log.h"
#include "net/answer_sink.h"

namespace obolus::net {
namespace {

using boost::system::error_code;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kReadSize = 16 * 1024;  // a TLS record
constexpr base::Millis kShedPause{200};       // as for HTTP/1.1

auto Redirect(error_code& error) {
  return asio::redirect_error(kUseTask, error);
}

}  // namespace

bool ChoseHttp2(SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return size == 2 && name[0] == 'h' && name[1] == '2';
}

Http2Connection::Http2Connection(Lane& lane, asio::ssl::stream<Socket&>& tls, const Peer& peer,
                                 std::function<void()> close)
    : lane_(lane),
      core_(lane.core()),
      tls_(tls),
      peer_(peer),
      close_(std::move(close)),
      session_(lane, [this] { Wake(); }) {
  if (core_.stopping) session_.Drain();
}

Task<void> Http2Connection::Run() {
  writing_ = true;
  asio::co_spawn(tls_.get_executor(), Write(), asio::detached);
  std::array<char, kReadSize> buffer;
  error_code error;
  while (!gone_ && writing_) {
    const std::size_t size = co_await tls_.async_read_some(asio::buffer(buffer), Redirect(error));
    if (gone_ || !writing_) break;
    if (error) {
      close_();
      break;
    }
    // Thrown on, it would leave the writer behind alone.
    try {
      session_.Receive({buffer.data(), size});
      Serve();
    } catch (const std::bad_alloc&) {
      base::Log(base::LogLevel::kError, "out_of_memory");
      close_();
    }
  }
  Wake();
  while (writing_) co_await WaitForWake();
}

Task<void> Http2Connection::Write() {
  error_code error;
  while (!gone_) {
    awake_ = false;
    try {
      session_.Produce(out_);
    } catch (const std::bad_alloc&) {
      base::Log(base::LogLevel::kError, "out_of_memory");
      close_();
      break;
    }
    if (out_.empty()) {
      if (session_.Finished()) break;
      if (!awake_) co_await WaitForWake();
      continue;
    }
    write_deadline_ = lane_.Deadline(core_.options.limits.write_timeout);
    co_await asio::async_write(tls_, asio::buffer(out_), Redirect(error));
    write_deadline_ = SteadyTime::max();
    if (error && !gone_) close_();
  }
  writing_ = false;
  // The reader ends with it.
  if (!gone_) tls_.next_layer().cancel(error);
  Wake();
}

void Http2Connection::Wake() {
  awake_ = true;
  if (!waiter_) return;
  // Never resumed in place: the caller may be in the middle of the session.
  asio::post(tls_.get_executor(), std::exchange(waiter_, nullptr));
}

Task<void> Http2Connection::WaitForWake() {
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
      [this](auto handler) { waiter_ = std::move(handler); }, kUseTask);
}

void Http2Connection::Serve() {
  for (const auto& stream : session_.TakeRequests()) Handle(stream);
}

void Http2Connection::Handle(const std::shared_ptr<Http2Stream>& stream) {
  if (const auto& refusal = stream->request.refusal()) {
    HttpResponse response{.status = refusal->status, .headers = {}, .body = {}};
    if (core_.options.refuse) response = core_.options.refuse(*refusal);
    return stream->Answer(std::move(response));
  }
  if (core_.unanswered.fetch_add(1, std::memory_order_relaxed) >=
      core_.options.limits.max_unanswered) {
    core_.unanswered.fetch_sub(1, std::memory_order_relaxed);
    return ShedLater(stream);
  }
  Responder responder(MakeAnswerSink(stream, lane_.shared_from_this(), session_.state()));
  HttpRequest request = stream->request.Take();
  request.peer = peer_;
  try {
    core_.handler(std::move(request), std::move(responder));
  } catch (const std::exception& exception) {
    base::Log(base::LogLevel::kError, "handler_threw",
              {{base::Field::kListener, core_.options.name},
               {base::Field::kErrorText, std::string(exception.what())}});
  }
}

void Http2Connection::ShedLater(const std::shared_ptr<Http2Stream>& stream) {
  if (core_.options.overloaded) core_.options.overloaded(Overload::kRequest);
  if (core_.stopping) return stream->Answer(core_.overload_answer);
  auto timer = std::make_unique<Timer>(tls_.get_executor(), kShedPause);
  Timer& pause = *timer;
  pause.async_wait([timer = std::move(timer), weak = std::weak_ptr(stream),
                    &answer = core_.overload_answer](const error_code& error) {
    // A stream that is there has its lane, and so the core, as well.
    const auto waiting = error ? nullptr : weak.lock();
    if (waiting) waiting->Answer(answer);
  });
}

void Http2Connection::Sweep(SteadyTime now) {
  if (gone_) return;
  if (session_.state()->lost || now >= write_deadline_ || session_.Hopeless(now)) return close_();
  session_.Sweep(now);
  Serve();
}

void Http2Connection::Retire() {
  if (!gone_) session_.Retire();
}

void Http2Connection::Gone() {
  gone_ = true;
  Wake();
}

}  // namespace obolus::net
