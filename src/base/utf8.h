// UTF-8 read character by character (RFC 3629), for text that others chose and that may be none.
// Used where such text is written: JSON lines of the logs, an operator's terminal. Pure, any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace obolus::base {

struct Utf8Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  // 0: no UTF-8 begins here
};

// The first character of `text`, which is not empty. The shortest form only, no surrogates.
Utf8Character DecodeUtf8(std::string_view text);

// `text` as a JSON string in quotes, appended to `out`, in printable ASCII only: everything else is
// escaped, so that it is one line for every reader and means nothing to a terminal. Each byte that
// is no UTF-8 becomes U+FFFD. What a reader gets is at most `max_bytes` long: the rest is cut,
// between characters.
void AppendAsciiJson(std::string& out, std::string_view text, std::size_t max_bytes);

// What a reader of that string gets.
std::string CleanText(std::string_view text, std::size_t max_bytes);

}  // namespace obolus::base
