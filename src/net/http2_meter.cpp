#include "net/http2_meter.h"

#include <algorithm>
#include <cstring>

namespace obolus::net {
namespace {

// RFC 9113 §6.
enum FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kContinuation = 9,
};
constexpr std::uint8_t kAck = 1;        // of SETTINGS and PING
constexpr std::uint8_t kEndStream = 1;  // of DATA
constexpr std::size_t kTiny = 16;       // carries next to nothing

int CostOf(std::uint8_t type, std::uint8_t flags, std::size_t size) {
  switch (type) {
    case kData:
      return size < kTiny && (flags & kEndStream) == 0 ? Http2Budget::kSmall : 0;
    case kHeaders:
      return Http2Budget::kSmall;  // and a request that is answered earns more
    case kRstStream:
      return Http2Budget::kReset;
    case kSettings:
      return (flags & kAck) != 0 ? Http2Budget::kNote : Http2Budget::kSettings;
    case kPing:
      return (flags & kAck) != 0 ? Http2Budget::kNote : Http2Budget::kPing;
    case kContinuation:
      return size < kTiny ? Http2Budget::kReset : Http2Budget::kSmall;
    default:
      return Http2Budget::kNote;
  }
}

}  // namespace

void Http2Meter::See(std::string_view bytes) {
  while (!bytes.empty()) {
    if (skip_ > 0) {
      const std::size_t size = std::min(skip_, bytes.size());
      skip_ -= size;
      bytes.remove_prefix(size);
      continue;
    }
    const std::size_t size = std::min(head_.size() - have_, bytes.size());
    std::memcpy(head_.data() + have_, bytes.data(), size);
    have_ += size;
    bytes.remove_prefix(size);
    if (have_ == head_.size()) Charge();
  }
}

void Http2Meter::Charge() {
  have_ = 0;
  skip_ = std::size_t{head_[0]} << 16 | std::size_t{head_[1]} << 8 | head_[2];
  budget_.Spend(CostOf(head_[3], head_[4], skip_));
}

}  // namespace obolus::net
