#include "cli/printable.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace obolus::cli {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// What a terminal obeys or does not show: C0 and C1 controls, soft hyphen, marks and overrides of
// direction, separators, zero widths, variation selectors' tags, the byte order mark.
constexpr std::array<Range, 10> kHidden = {{{0x00, 0x1f},
                                            {0x7f, 0x9f},
                                            {0xad, 0xad},
                                            {0x061c, 0x061c},
                                            {0x180e, 0x180e},
                                            {0x200b, 0x200f},
                                            {0x2028, 0x202e},
                                            {0x2060, 0x206f},
                                            {0xfeff, 0xfeff},
                                            {0xe0000, 0xe0fff}}};

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  // 0: no UTF-8 begins here
};

// RFC 3629: the shortest form only, no surrogates.
Character Decode(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80U) return {byte(0), 1};
  const std::size_t length = byte(0) >= 0xf0U ? 4 : byte(0) >= 0xe0U ? 3 : 2;
  if (byte(0) < 0xc2U || byte(0) > 0xf4U || text.size() < length) return {};
  std::uint32_t code = byte(0) & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return {};
    code = (code << 6U) | (byte(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kSmallest[length] || code > 0x10ffff || surrogate) return {};
  return {code, length};
}

std::string Escape(std::uint32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\r') return "\\r";
  if (code == '\t') return "\\t";
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), code < 0x100 ? "\\x%02x" : "\\u%04x", code);
  return text.data();
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const Character character = Decode(text);
    const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
    const bool hidden = std::ranges::any_of(kHidden, [&](const Range& range) {
      return character.code >= range.first && character.code <= range.last;
    });
    if (character.bytes == 0) {
      safe += Escape(static_cast<unsigned char>(text[0]));
    } else if (hidden) {
      safe += Escape(character.code);
    } else {
      if (character.code == '\\') safe += '\\';
      safe += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return safe;
}

std::string PrintableWord(std::string_view text) {
  std::string safe = Printable(text);
  if (!safe.empty() && safe.find_first_of(" \"=") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) {
    if (c == '"') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace obolus::cli
