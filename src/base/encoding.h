// Text forms of bytes: base64url without padding (RFC 4648 §5, as JOSE uses it), base64, and
// lower-case hex. Pure functions, any thread. Decoders refuse anything but the canonical alphabet.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace obolus::base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string EncodeBase64Url(ByteView bytes);
// kMalformed: a character outside the alphabet, padding, or an impossible length.
Result<Bytes> DecodeBase64Url(std::string_view text);

std::string EncodeBase64(ByteView bytes);
std::string EncodeHex(ByteView bytes);
// kMalformed: odd length or a character that is not a hex digit.
Result<Bytes> DecodeHex(std::string_view text);

}  // namespace obolus::base
