// Text that others chose (a merchant's name, an event's id, what a bridge answered) as it may stand
// on an operator's terminal: on its own line, in the order it was written, and without power over
// the terminal. Used by every command that prints for people; pure.
#pragma once

#include <string>
#include <string_view>

namespace obolus::cli {

// Control characters, escape sequences' first byte, line and paragraph separators, characters that
// turn the direction of writing or show nothing, and bytes that are no UTF-8 become "\n", "\t",
// "\x1b" or "\u202e"; a backslash is doubled, so that nothing can pass for an escape of ours.
std::string Printable(std::string_view text);

// The same, as one word: in quotes where it is empty or has a space, a quote or "=".
std::string PrintableWord(std::string_view text);

}  // namespace obolus::cli
