#include "base/utf8.h"

#include <algorithm>
#include <array>

namespace obolus::base {
namespace {

constexpr std::uint32_t kReplacement = 0xfffd;
constexpr std::string_view kReplacementText = "\xef\xbf\xbd";

bool IsPlain(char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void AppendUnit(std::string& out, std::uint32_t unit) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out.append("\\u").append(
      {kHex[unit >> 12U & 15U], kHex[unit >> 8U & 15U], kHex[unit >> 4U & 15U], kHex[unit & 15U]});
}

void AppendEscaped(std::string& out, std::uint32_t code) {
  if (code == '"' || code == '\\') {
    out.append({'\\', static_cast<char>(code)});
  } else if (code < 0x10000) {
    AppendUnit(out, code);
  } else {
    AppendUnit(out, 0xd800U + ((code - 0x10000U) >> 10U));
    AppendUnit(out, 0xdc00U + ((code - 0x10000U) & 0x3ffU));
  }
}

// Calls `plain` with runs of characters that need no escape, `other` with each of the others.
template <class Plain, class Other>
void Walk(std::string_view text, std::size_t max_bytes, Plain plain, Other other) {
  std::size_t left = max_bytes;
  while (!text.empty() && left > 0) {
    const std::string_view head = text.substr(0, left);
    const auto run =
        static_cast<std::size_t>(std::ranges::find_if_not(head, IsPlain) - head.begin());
    if (run > 0) {
      plain(head.substr(0, run));
      text.remove_prefix(run);
      left -= run;
      continue;
    }
    const Utf8Character character = DecodeUtf8(text);
    const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
    const std::size_t cost = character.bytes == 0 ? kReplacementText.size() : bytes;
    if (cost > left) return;
    other(character, text.substr(0, bytes));
    text.remove_prefix(bytes);
    left -= cost;
  }
}

}  // namespace

Utf8Character DecodeUtf8(std::string_view text) {
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

void AppendAsciiJson(std::string& out, std::string_view text, std::size_t max_bytes) {
  out.push_back('"');
  Walk(
      text, max_bytes, [&out](std::string_view run) { out.append(run); },
      [&out](Utf8Character character, std::string_view /*bytes*/) {
        AppendEscaped(out, character.bytes == 0 ? kReplacement : character.code);
      });
  out.push_back('"');
}

std::string CleanText(std::string_view text, std::size_t max_bytes) {
  std::string clean;
  Walk(
      text, max_bytes, [&clean](std::string_view run) { clean.append(run); },
      [&clean](Utf8Character character, std::string_view bytes) {
        clean.append(character.bytes == 0 ? kReplacementText : bytes);
      });
  return clean;
}

}  // namespace obolus::base
