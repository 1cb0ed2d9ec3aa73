// What http2_session has of nghttp2: one server session of it, whose callbacks take notes for ours.
// The callbacks are called in the middle of nghttp2's work, so they answer nothing and send
// nothing. For http2_session alone; the lane's thread.
#pragma once

#include <nghttp2/nghttp2.h>

#include <array>
#include <cstdint>
#include <memory>

#include "net/free_with.h"
#include "net/http2_session.h"

namespace obolus::net {

// What a client answers to has read the notice before it.
inline constexpr std::array<std::uint8_t, 8> kDrainPing = {'d', 'r', 'a', 'i', 'n', 'i', 'n', 'g'};

struct Http2Session::Library {
  explicit Library(Http2Session& ours);

  nghttp2_session* get() const { return session.get(); }

  // For nghttp2_data_provider: the next piece of a stream's answer.
  static ssize_t ReadBody(nghttp2_session*, std::int32_t id, std::uint8_t* space, std::size_t size,
                          std::uint32_t* flags, nghttp2_data_source*, void* user);

  std::unique_ptr<nghttp2_session, FreeWith<nghttp2_session_del>> session;
};

}  // namespace obolus::net
