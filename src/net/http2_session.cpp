#include "net/http2_session.h"

#include <algorithm>
#include <array>
#include <new>

#include "base/log.h"
#include "net/http2_library.h"
#include "net/response_head.h"

namespace obolus::net {
namespace {

constexpr std::size_t kMostBodies = 4;         // of the largest size, not complete, at once
constexpr std::size_t kWriteSize = 32 * 1024;  // handed to TLS at once, about
constexpr base::Millis kDrainPause{1'000};

std::string_view View(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// RFC 9113 §6.8, by hand: a session that has failed makes no frames any more.
std::string GoAway(std::int32_t last, std::uint32_t code) {
  std::string frame("\0\0\x08\x07\0\0\0\0\0", 9);
  for (const std::uint32_t word : {static_cast<std::uint32_t>(std::max(last, 0)), code}) {
    for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(word >> shift);
  }
  return frame;
}

}  // namespace

Http2Session::Http2Session(Lane& lane, std::function<void()> wake)
    : lane_(lane),
      limits_(lane.core().options.limits),
      wake_(std::move(wake)),
      library_(std::make_unique<Library>(*this)),
      budget_(std::chrono::steady_clock::now()),
      meter_(budget_),
      idle_deadline_(lane.Deadline(limits_.read_timeout)) {
  const std::array<nghttp2_settings_entry, 3> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMostStreams},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits_.max_header_bytes)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  if (nghttp2_submit_settings(library_->get(), NGHTTP2_FLAG_NONE, settings.data(),
                              settings.size()) != 0) {
    throw std::bad_alloc();
  }
}

Http2Session::~Http2Session() {
  for (const auto& [id, stream] : streams_) closed_.push_back(stream);
  TellClosed();
}

Http2Stream* Http2Session::Find(std::int32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

Http2Session::SteadyTime Http2Session::WriteDeadline() const {
  return lane_.Deadline(limits_.write_timeout);
}

void Http2Session::Charge(int points) {
  budget_.Spend(points);
}

void Http2Session::Receive(std::string_view bytes) {
  if (dead_ || terminated_) return;
  meter_.See(bytes);
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const ssize_t used = nghttp2_session_mem_recv(library_->get(), data, bytes.size());
  if (used < 0) {
    Die(static_cast<int>(used));
  } else if (budget_.Overdrawn()) {
    if (lane_.core().options.overloaded) lane_.core().options.overloaded(Overload::kFlood);
    Terminate(NGHTTP2_ENHANCE_YOUR_CALM);
  }
  TellClosed();
  wake_();
}

// The header, a piece of the body or the trailers have come whole.
void Http2Session::PartEnded(Http2Stream& stream, bool last) {
  using Phase = Http2Stream::Phase;
  if (stream.phase == Phase::kHead) {
    stream.phase = Phase::kBody;
    stream.request.EndHead();
    if (!last && stream.request.expects_continue()) SendContinue(stream.id);
  }
  stream.request_ended = stream.request_ended || last;
  if (stream.phase == Phase::kBody && (last || stream.request.refusal())) Ready(stream);
}

void Http2Session::BodyCame(Http2Stream& stream, std::string_view piece) {
  if (stream.phase != Http2Stream::Phase::kBody) return;
  stream.request.AddBody(piece);
  std::size_t held = 0;
  for (const auto& [id, each] : streams_) {
    if (each->phase == Http2Stream::Phase::kBody) held += each->request.body_size();
  }
  if (held > kMostBodies * limits_.max_body_bytes) {
    stream.request.Refuse({503, "too many bodies at once", {}});
  }
  if (stream.request.refusal()) Ready(stream);
}

void Http2Session::Ready(Http2Stream& stream) {
  stream.phase = Http2Stream::Phase::kWaiting;
  stream.deadline = SteadyTime::max();
  if (stream.request.refusal()) Charge(Http2Budget::kReset);
  // A client that resets what it has asked for leaves us with the work all the same.
  if (state_->unanswered + ready_.size() >= kMostStreams) {
    nghttp2_submit_rst_stream(library_->get(), NGHTTP2_FLAG_NONE, stream.id,
                              NGHTTP2_REFUSED_STREAM);
    return;
  }
  ready_.push_back(stream.shared_from_this());
}

Http2Session::Streams Http2Session::TakeRequests() {
  const ServerCore& core = lane_.core();
  const bool enough = opened_ >= limits_.max_requests_per_connection;
  if (!ready_.empty() && (core.leaving || core.stopping || enough)) Drain();
  return std::exchange(ready_, {});
}

void Http2Session::Closed(std::int32_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  std::erase(ready_, found->second);
  closed_.push_back(std::move(found->second));
  streams_.erase(found);
  if (streams_.empty()) idle_deadline_ = lane_.Deadline(limits_.idle_timeout);
}

void Http2Session::TellClosed() {
  for (const auto& stream : std::exchange(closed_, {})) stream->Detach();
}

void Http2Session::SendContinue(std::int32_t id) {
  static constexpr std::string_view kName = ":status";
  static constexpr std::string_view kValue = "100";
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  const nghttp2_nv status{bytes(kName), bytes(kValue), kName.size(), kValue.size(),
                          NGHTTP2_NV_FLAG_NONE};
  nghttp2_submit_headers(library_->get(), NGHTTP2_FLAG_NONE, id, nullptr, &status, 1, nullptr);
}

void Http2Session::SendHead(Http2Stream& stream, const HttpResponse& response,
                            std::optional<std::size_t> length) {
  if (dead_ || terminated_) return;
  const std::vector<Header> fields = Http2Fields(response, length, lane_.date());
  std::vector<nghttp2_nv> view;
  view.reserve(fields.size());
  const auto bytes = [](const std::string& text) {  // nghttp2 only reads, and copies
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  for (const Header& field : fields) {
    view.push_back({bytes(field.name), bytes(field.value), field.name.size(), field.value.size(),
                    NGHTTP2_NV_FLAG_NONE});
  }
  const nghttp2_data_provider body{.source = {}, .read_callback = Library::ReadBody};
  const int error = nghttp2_submit_response(library_->get(), stream.id, view.data(), view.size(),
                                            stream.HasBody() ? &body : nullptr);
  if (error == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
  if (length) stream.deadline = WriteDeadline();
  wake_();
}

void Http2Session::Resume(Http2Stream& stream) {
  if (dead_ || terminated_) return;
  nghttp2_session_resume_data(library_->get(), stream.id);
  wake_();
}

void Http2Session::Cancel(Http2Stream& stream) {
  if (dead_ || terminated_) return;
  nghttp2_submit_rst_stream(library_->get(), NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_CANCEL);
  wake_();
}

void Http2Session::Produce(std::string& out) {
  out.clear();
  if (dead_) {
    out.swap(last_word_);
    return;
  }
  while (out.size() < kWriteSize) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(library_->get(), &data);
    if (size < 0) Die(static_cast<int>(size));
    if (size <= 0) break;
    out.append(View(data, static_cast<std::size_t>(size)));
  }
  TellClosed();
}

bool Http2Session::Finished() const {
  if (dead_) return last_word_.empty();
  return nghttp2_session_want_read(library_->get()) == 0 &&
         nghttp2_session_want_write(library_->get()) == 0;
}

void Http2Session::Drain() {
  if (dead_ || terminated_ || std::exchange(draining_, true)) return;
  nghttp2_submit_shutdown_notice(library_->get());
  nghttp2_submit_ping(library_->get(), NGHTTP2_FLAG_NONE, kDrainPing.data());
  drain_deadline_ = lane_.Deadline(kDrainPause);
  wake_();
}

// Whoever has answered our ping has read the notice, and opens no streams after it.
void Http2Session::FinishDrain() {
  if (dead_ || terminated_ || !draining_ || std::exchange(ended_, true)) return;
  drain_deadline_ = SteadyTime::max();
  nghttp2_submit_goaway(library_->get(), NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(library_->get()), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  wake_();
}

void Http2Session::Retire() {
  const auto streams = streams_;  // ending one may close it
  for (const auto& [id, stream] : streams) stream->Retire();
  Drain();
}

void Http2Session::Terminate(std::uint32_t code) {
  if (dead_ || std::exchange(terminated_, true)) return;
  nghttp2_session_terminate_session(library_->get(), code);
  ready_.clear();
  wake_();
}

void Http2Session::Die(int error) {
  const bool flood = error == NGHTTP2_ERR_FLOODED || error == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS;
  if (flood && lane_.core().options.overloaded) {
    lane_.core().options.overloaded(Overload::kFlood);
  }
  dead_ = true;
  last_word_ = GoAway(nghttp2_session_get_last_proc_stream_id(library_->get()),
                      flood ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR);
  ready_.clear();
}

void Http2Session::Sweep(SteadyTime now) {
  budget_.Fill(now);
  if (dead_ || terminated_) return;
  const auto streams = streams_;
  for (const auto& [id, stream] : streams) {
    if (now < stream->deadline) continue;
    stream->deadline = SteadyTime::max();
    switch (stream->phase) {
      case Http2Stream::Phase::kHead:  // nothing else can be read before its end
        return Terminate(NGHTTP2_ENHANCE_YOUR_CALM);
      case Http2Stream::Phase::kBody:
        stream->request.Refuse({408, "the request did not arrive in time", {}});
        Ready(*stream);
        break;
      case Http2Stream::Phase::kWaiting:
        break;
      case Http2Stream::Phase::kAnswered:  // it does not open its window
        Cancel(*stream);
        break;
    }
  }
  if (streams_.empty() && now >= idle_deadline_) Drain();
  if (now >= drain_deadline_) FinishDrain();
}

}  // namespace obolus::net
