// Reads along what an HTTP/2 client sends, frame header by frame header, and charges each to the
// connection's budget before anybody else looks at it: libraries keep some frames to themselves,
// such as those of unknown types, pieces of headers, or whatever comes for a closed stream. Pure;
// owned by http2_session.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/http2_budget.h"

namespace obolus::net {

class Http2Meter {
 public:
  explicit Http2Meter(Http2Budget& budget) : budget_(budget) {}

  // The connection's next bytes, its preface the first of all.
  void See(std::string_view bytes);

 private:
  void Charge();

  Http2Budget& budget_;
  std::size_t skip_ = 24;  // what is left of the preface (RFC 9113 §3.4), or of a frame's payload
  std::array<std::uint8_t, 9> head_{};
  std::size_t have_ = 0;  // of head_
};

}  // namespace obolus::net
