#include "canary/encodings.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace obolus::canary {
namespace {

constexpr std::size_t kMostInflated = std::size_t{32} << 20;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
bool IsAlnum(char c) {
  return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'z');
}
int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}
int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (IsDigit(c)) return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

Spelled SpelledDigit(std::string_view text) {
  if (IsDigit(text[0])) return {text[0], 1, "plain"};
  struct Form {
    std::string_view before;
    std::string_view after;
    const char* how;
  };
  static constexpr Form kForms[] = {{"%3", "", "percent"},
                                    {"%253", "", "percent twice"},
                                    {"\\u003", "", "JSON escapes"},
                                    {"\\x3", "", "escapes"},
                                    {"&#x3", ";", "HTML"}};
  for (const Form& form : kForms) {
    if (text[0] != form.before[0] || !text.starts_with(form.before)) continue;
    const std::size_t at = form.before.size();
    if (text.size() <= at || !IsDigit(text[at])) continue;
    if (!text.substr(at + 1).starts_with(form.after)) continue;
    return {text[at], at + 1 + form.after.size(), form.how};
  }
  if (text.starts_with("&#") && text.size() >= 5 && text[4] == ';') {
    const int code =
        IsDigit(text[2]) && IsDigit(text[3]) ? (text[2] - '0') * 10 + text[3] - '0' : 0;
    if (code >= 48 && code <= 57) return {static_cast<char>(code), 5, "HTML"};
  }
  return {};
}

bool MayBeDigit(char c) {
  return IsDigit(c) || c == '%' || c == '\\' || c == '&';
}

Gap GapAt(std::string_view text) {
  if (text.starts_with('\0')) {
    const std::size_t size = std::min(text.find_first_not_of('\0'), text.size());
    return size <= 3 ? Gap{size, "UTF-16"} : Gap{};
  }
  if (text.starts_with("%20") || text.starts_with("%2D")) return {3, "spaced"};
  if (text[0] == '-') return {1, "dashed"};
  if (text[0] == ' ' || text[0] == '+' || text[0] == '.') return {1, "spaced"};
  return text[0] == '\\' ? Gap{1, "escapes"} : Gap{};
}

std::string DecodeHex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(HexValue(text[i]) << 4 | HexValue(text[i + 1]));
  }
  return bytes;
}

std::string DecodeBase64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bits = bits << 6U | static_cast<std::uint32_t>(Base64Value(text[i]));
    if (i % 4 == 3) {
      bytes +=
          {static_cast<char>(bits >> 16U), static_cast<char>(bits >> 8U), static_cast<char>(bits)};
    }
  }
  if (text.size() % 4 == 3) {
    bytes += {static_cast<char>(bits >> 10U), static_cast<char>(bits >> 2U)};
  }
  return bytes;
}

std::string Inflated(std::string_view bytes, int bits) {
  z_stream stream{};
  if (inflateInit2(&stream, bits) != Z_OK) return {};
  std::string out;
  std::array<char, 16384> piece;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), 1U << 30U));
  int status = Z_OK;
  while (status == Z_OK && out.size() < kMostInflated) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = piece.size();
    status = inflate(&stream, Z_SYNC_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
    if (stream.avail_in == 0 && stream.avail_out > 0) break;
  }
  inflateEnd(&stream);
  return out;
}

bool IsDeflated(std::string_view bytes) {
  if (bytes.size() < 20) return false;
  const auto byte = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (byte(0) == 0x1f && byte(1) == 0x8b && byte(2) == 8) return true;
  return byte(0) == 0x78 && (byte(0) * 256U + byte(1)) % 31 == 0 && (byte(1) & 0x20U) == 0;
}

bool IsMostlyText(std::string_view bytes) {
  const auto printable = std::ranges::count_if(bytes, [](char c) { return c >= 9 && c < 127; });
  return static_cast<std::size_t>(printable) * 10 >= bytes.size() * 9;
}

}  // namespace obolus::canary
