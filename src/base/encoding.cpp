#include "base/encoding.h"

#include <array>

namespace obolus::base {
namespace {

constexpr std::string_view kBase64Alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64UrlAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> ReverseTable(std::string_view alphabet) {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNoDigit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}
constexpr auto kBase64UrlDigits = ReverseTable(kBase64UrlAlphabet);

std::string EncodeSextets(ByteView bytes, std::string_view alphabet, bool padded) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  text.resize(bytes.size() / 3 * 4);
  char* out = text.data();
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16 |
                                static_cast<std::uint32_t>(bytes[i + 1]) << 8 | bytes[i + 2];
    *out++ = alphabet[group >> 18];
    *out++ = alphabet[group >> 12 & 63];
    *out++ = alphabet[group >> 6 & 63];
    *out++ = alphabet[group & 63];
  }
  const std::size_t rest = bytes.size() - i;
  if (rest == 0) return text;
  const std::uint32_t group =
      static_cast<std::uint32_t>(bytes[i]) << 16 |
      (rest == 2 ? static_cast<std::uint32_t>(bytes[i + 1]) << 8 : std::uint32_t{0});
  text += alphabet[group >> 18];
  text += alphabet[group >> 12 & 63];
  if (rest == 2) text += alphabet[group >> 6 & 63];
  if (padded) text.append(3 - rest, '=');
  return text;
}

std::uint8_t HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return kNoDigit;
}

}  // namespace

std::string EncodeBase64Url(ByteView bytes) {
  return EncodeSextets(bytes, kBase64UrlAlphabet, false);
}

std::string EncodeBase64(ByteView bytes) {
  return EncodeSextets(bytes, kBase64Alphabet, true);
}

Result<Bytes> DecodeBase64Url(std::string_view text) {
  if (text.size() % 4 == 1) return Fail(ErrorCode::kMalformed, "base64url of impossible length");
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::uint8_t digit = kBase64UrlDigits[static_cast<std::uint8_t>(c)];
    if (digit == kNoDigit) return Fail(ErrorCode::kMalformed, "not base64url");
    group = (group << 6 | digit) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::uint8_t>(group >> bits));
    }
  }
  // Bits left over must be zero, or two texts would mean the same bytes (RFC 4648 §3.5).
  if ((group & ((1U << bits) - 1)) != 0) {
    return Fail(ErrorCode::kMalformed, "base64url that is not canonical");
  }
  return bytes;
}

std::string EncodeHex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.resize(bytes.size() * 2);
  char* out = text.data();
  for (const std::uint8_t byte : bytes) {
    *out++ = kDigits[byte >> 4];
    *out++ = kDigits[byte & 15];
  }
  return text;
}

Result<Bytes> DecodeHex(std::string_view text) {
  if (text.size() % 2 != 0) return Fail(ErrorCode::kMalformed, "hex of odd length");
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::uint8_t high = HexDigit(text[i]);
    const std::uint8_t low = HexDigit(text[i + 1]);
    if (high == kNoDigit || low == kNoDigit) return Fail(ErrorCode::kMalformed, "not hex");
    bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return bytes;
}

}  // namespace obolus::base
