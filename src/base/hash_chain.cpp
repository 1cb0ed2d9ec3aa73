#include "base/hash_chain.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace obolus::base {
namespace {

constexpr std::string_view kSequence = R"({"sequence":)";
constexpr std::string_view kPrevious = R"(,"previous":")";
constexpr std::string_view kMac = R"(","mac":")";
constexpr std::string_view kEnd = R"("})";
constexpr std::size_t kHexDigits = 64;
constexpr std::size_t kMacAt = kHexDigits + kEnd.size();                // from the end
constexpr std::size_t kPreviousAt = kMacAt + kMac.size() + kHexDigits;  // from the end
constexpr std::size_t kFrame = kPreviousAt + kPrevious.size() + kSequence.size() + 2;  // "1,"

// Lower case only: another spelling of the same hash would be an edit that nobody finds.
bool ParseHash(std::string_view text, Sha256Digest& hash) {
  if (text.size() != kHexDigits || !std::ranges::none_of(text, [](char c) { return c < '0'; })) {
    return false;
  }
  const auto bytes = DecodeHex(text);
  if (!bytes || EncodeHex(*bytes) != text) return false;
  std::ranges::copy(*bytes, hash.begin());
  return true;
}

// False also for another spelling: a sign, a leading zero.
bool ParseSequence(std::string_view text, std::uint64_t& sequence) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, sequence);
  return read.ec == std::errc() && read.ptr == end && std::to_string(sequence) == text;
}

std::unexpected<Error> NoLine() {
  return Fail(ErrorCode::kMalformed, "this is not a line of the log");
}

}  // namespace

std::string ToText(const ChainHead& head) {
  return std::to_string(head.sequence) + ":" + EncodeHex(head.hash);
}

Result<ChainHead> ParseChainHead(std::string_view text) {
  const std::size_t colon = text.find(':');
  ChainHead head;
  if (colon == std::string_view::npos || !ParseSequence(text.substr(0, colon), head.sequence) ||
      !ParseHash(text.substr(colon + 1), head.hash)) {
    return Fail(ErrorCode::kMalformed, "must be NUMBER:HASH, the hash in 64 hex digits");
  }
  return head;
}

std::string HashChain::Append(std::string_view members) {
  CHECK(!members.empty() && members.find('\n') == std::string_view::npos);
  std::string line;
  line.reserve(members.size() + kFrame + 20);
  line.append(kSequence).append(std::to_string(head_.sequence + 1)).append(",").append(members);
  line.append(kPrevious).append(EncodeHex(head_.hash));
  const Sha256Digest mac = HmacSha256(key_, AsBytes(line));
  line.append(kMac).append(EncodeHex(mac)).append(kEnd);
  head_ = {head_.sequence + 1, Sha256(AsBytes(line))};
  return line;
}

Result<ChainLine> OpenChainLine(ByteView key, std::string_view line) {
  if (line.size() <= kFrame || !line.starts_with(kSequence) || !line.ends_with(kEnd)) {
    return NoLine();
  }
  const std::size_t previous_at = line.size() - kPreviousAt;
  const std::size_t mac_at = line.size() - kMacAt;
  const std::size_t comma = line.find(',');
  ChainLine opened;
  Sha256Digest mac{};
  if (line.substr(previous_at - kPrevious.size(), kPrevious.size()) != kPrevious ||
      line.substr(mac_at - kMac.size(), kMac.size()) != kMac ||
      !ParseHash(line.substr(previous_at, kHexDigits), opened.previous) ||
      !ParseHash(line.substr(mac_at, kHexDigits), mac) || comma >= previous_at - kPrevious.size() ||
      !ParseSequence(line.substr(kSequence.size(), comma - kSequence.size()), opened.sequence)) {
    return NoLine();
  }
  const std::string_view sealed = line.substr(0, mac_at - kMac.size());
  if (!key.empty() && !ConstantTimeEqual(HmacSha256(key, AsBytes(sealed)), mac)) {
    return Fail(ErrorCode::kForbidden, "the HMAC does not match: the line was changed");
  }
  opened.members = line.substr(comma + 1, previous_at - kPrevious.size() - comma - 1);
  opened.head = {opened.sequence, Sha256(AsBytes(line))};
  return opened;
}

}  // namespace obolus::base
