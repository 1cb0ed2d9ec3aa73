#include "net/http2_library.h"

#include <algorithm>
#include <new>

namespace obolus::net {
namespace {

constexpr std::int32_t kLastStreams = 0x7fff0000;  // from here on a client should begin anew

using SessionCallbacks =
    std::unique_ptr<nghttp2_session_callbacks, FreeWith<nghttp2_session_callbacks_del>>;
using Option = std::unique_ptr<nghttp2_option, FreeWith<nghttp2_option_del>>;

std::string_view View(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

template <class T>
T* OrNoMemory(T* made) {
  if (made == nullptr) throw std::bad_alloc();
  return made;
}

}  // namespace

// Called by nghttp2 in the middle of its work, so they only take notes. Memory that runs out here
// ends the connection.
struct Http2Session::Callbacks {
  static Http2Session& Of(void* user) { return *static_cast<Http2Session*>(user); }

  template <class F>
  static int Guarded(F note) {
    try {
      return note();
    } catch (const std::bad_alloc&) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }

  static int BeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    return Guarded([&] {
      Http2Session& me = Of(user);
      auto stream = std::make_shared<Http2Stream>(me, frame->hd.stream_id, me.limits_);
      stream->deadline = me.lane_.Deadline(me.limits_.read_timeout);
      me.streams_.emplace(frame->hd.stream_id, std::move(stream));
      ++me.opened_;
      if (frame->hd.stream_id >= kLastStreams) me.Drain();
      return 0;
    });
  }

  static int Field(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                   std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                   std::uint8_t, void* user) {
    return Guarded([&] {
      Http2Stream* stream = Of(user).Find(frame->hd.stream_id);
      // Trailers are not used.
      if (stream == nullptr || stream->phase != Http2Stream::Phase::kHead) return 0;
      const bool bearable =
          stream->request.AddField(View(name, name_size), View(value, value_size));
      return bearable ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    });
  }

  // Without it nghttp2 would just leave them out.
  static int InvalidField(nghttp2_session*, const nghttp2_frame*, const std::uint8_t*, std::size_t,
                          const std::uint8_t*, std::size_t, std::uint8_t, void*) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int FrameReceived(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return Guarded([&] {
      Http2Session& me = Of(user);
      const bool last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
      switch (frame->hd.type) {
        case NGHTTP2_SETTINGS:
          if (!std::exchange(me.greeted_, true)) {
            me.idle_deadline_ = me.lane_.Deadline(me.limits_.idle_timeout);
          }
          break;
        case NGHTTP2_PING:
          if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 &&
              std::ranges::equal(frame->ping.opaque_data, kDrainPing)) {
            me.FinishDrain();
          }
          break;
        case NGHTTP2_HEADERS:
        case NGHTTP2_DATA:
          if (Http2Stream* stream = me.Find(frame->hd.stream_id)) me.PartEnded(*stream, last);
          break;
        default:
          break;
      }
      return 0;
    });
  }

  static int Data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                  std::size_t size, void* user) {
    return Guarded([&] {
      Http2Session& me = Of(user);
      me.budget_.EarnBytes(size);
      if (Http2Stream* stream = me.Find(id)) me.BodyCame(*stream, View(data, size));
      return 0;
    });
  }

  static int FrameSent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Http2Session& me = Of(user);
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
      if (frame->rst_stream.error_code != NGHTTP2_NO_ERROR) me.Charge(Http2Budget::kReset);
      return 0;
    }
    const bool last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    const bool of_answer = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!last || !of_answer) return 0;
    // Answered before its body has come: the rest is not wanted (RFC 9113 §8.1).
    const Http2Stream* stream = me.Find(frame->hd.stream_id);
    if (stream != nullptr && !stream->request_ended) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  static int StreamClosed(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
    return Guarded([&] {
      Http2Session& me = Of(user);
      const Http2Stream* stream = me.Find(id);
      if (stream != nullptr && stream->phase == Http2Stream::Phase::kAnswered &&
          code == NGHTTP2_NO_ERROR) {
        me.budget_.EarnAnswer();
      }
      me.Closed(id);
      return 0;
    });
  }

  static SessionCallbacks Make() {
    nghttp2_session_callbacks* raw = nullptr;
    nghttp2_session_callbacks_new(&raw);
    SessionCallbacks made(OrNoMemory(raw));
    nghttp2_session_callbacks_set_on_begin_headers_callback(raw, BeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(raw, Field);
    nghttp2_session_callbacks_set_on_invalid_header_callback(raw, InvalidField);
    nghttp2_session_callbacks_set_on_frame_recv_callback(raw, FrameReceived);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(raw, Data);
    nghttp2_session_callbacks_set_on_frame_send_callback(raw, FrameSent);
    nghttp2_session_callbacks_set_on_stream_close_callback(raw, StreamClosed);
    return made;
  }
};

ssize_t Http2Session::Library::ReadBody(nghttp2_session*, std::int32_t id, std::uint8_t* space,
                                        std::size_t size, std::uint32_t* flags,
                                        nghttp2_data_source*, void* user) {
  Http2Session& me = *static_cast<Http2Session*>(user);
  Http2Stream* stream = me.Find(id);
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  bool end = false;
  const std::size_t taken = stream->TakeBody({reinterpret_cast<char*>(space), size}, end);
  me.budget_.EarnBytes(taken);
  if (end) *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (taken == 0 && !end) return NGHTTP2_ERR_DEFERRED;
  return static_cast<ssize_t>(taken);
}

Http2Session::Library::Library(Http2Session& ours) {
  const SessionCallbacks callbacks = Callbacks::Make();
  nghttp2_option* raw = nullptr;
  nghttp2_option_new(&raw);
  const Option option(OrNoMemory(raw));
  nghttp2_option_set_no_closed_streams(raw, 1);  // kept for priorities alone
  nghttp2_session* made = nullptr;
  nghttp2_session_server_new2(&made, callbacks.get(), &ours, raw);
  session.reset(OrNoMemory(made));
}

}  // namespace obolus::net
