// The spellings that hide digits: escapes of one digit, what may stand between two, and encodings
// of whole texts. Decoders take what there is and never refuse: a haystack is cut anywhere. Used by
// canary/search only; pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace obolus::canary {

bool IsAlnum(char c);
char Lower(char c);
// -1: none of its characters.
int HexValue(char c);
int Base64Value(char c);  // of either alphabet

// False for what no spelling of a digit begins with.
bool MayBeDigit(char c);

// A digit at the front of `text`, in whatever spelling; size 0: none.
struct Spelled {
  char digit = 0;
  std::size_t size = 0;
  const char* how = "plain";
};
Spelled SpelledDigit(std::string_view text);

// What may stand between two digits of one number; size 0: nothing that we know.
struct Gap {
  std::size_t size = 0;
  const char* how = "";
};
Gap GapAt(std::string_view text);

// Pairs, or groups, from the first character on; what is left over is dropped.
std::string DecodeHex(std::string_view text);
std::string DecodeBase64(std::string_view text);

// True where a gzip or zlib stream may begin.
bool IsDeflated(std::string_view bytes);

// `bits`: of zlib's window, 15 + 32 for gzip and zlib, -15 for a raw deflate stream. As far as it
// goes, at most 32 MiB: a stream that is cut tells what it told.
std::string Inflated(std::string_view bytes, int bits);

bool IsMostlyText(std::string_view bytes);

}  // namespace obolus::canary
