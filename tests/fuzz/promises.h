// What holds for every refusal, whatever the parser: kInvalid names the members at fault, each by a
// JSON pointer, and no message repeats a run of digits that could be a card number. Broken promises
// end the process (CHECK).
#pragma once

#include <string_view>

#include "base/check.h"
#include "base/result.h"

namespace obolus::fuzz {

inline bool IsPointer(std::string_view text) {
  return text.empty() || text.front() == '/';
}

// 12 digits and more, as they stand in `text`.
inline bool HoldsCardNumber(std::string_view text) {
  int run = 0;
  for (const char c : text) {
    run = c >= '0' && c <= '9' ? run + 1 : 0;
    if (run >= 12) return true;
  }
  return false;
}

// `members`: false where the members of something else than JSON are named ("line 7").
inline void CheckRefusal(const base::Error& error, bool members = true) {
  CHECK(!error.message.empty());
  if (error.code == base::ErrorCode::kInvalid) CHECK(!error.fields.empty());
  for (const auto& field : error.fields) {
    CHECK(!field.detail.empty());
    CHECK(!members || IsPointer(field.pointer));
  }
}

}  // namespace obolus::fuzz
