// Lines that vouch for one another. Each is a JSON object that begins with its number, and ends
// with the SHA-256 of the line before it and an HMAC-SHA-256 of all that stands before the HMAC. So
// a changed byte, a line removed, moved or put in is found, by the hashes without the key and by
// the HMAC even when somebody computed the hashes anew; only a missing end needs word from
// elsewhere of how far the chain was (`ChainHead`). Pure; used by the audit log and its
// verification.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/crypto.h"

namespace obolus::base {

// How far a chain is: number and SHA-256 of its last line; all zero before the first.
struct ChainHead {
  std::uint64_t sequence = 0;
  Sha256Digest hash{};

  bool operator==(const ChainHead&) const = default;
};

// "4711:9f86d081…", the hash in 64 hex digits.
std::string ToText(const ChainHead& head);
// kMalformed: anything else.
Result<ChainHead> ParseChainHead(std::string_view text);

class HashChain {
 public:
  // Goes on after `head`. The key is the caller's and outlives this.
  HashChain(ByteView key, const ChainHead& head) : key_(key), head_(head) {}

  // The next line, without its newline; `members` are JSON members, "a":1,"b":2, and hold no
  // newline (CHECK). The head moves on to it.
  std::string Append(std::string_view members);

  const ChainHead& head() const { return head_; }
  void GoBackTo(const ChainHead& head) { head_ = head; }  // lines that were never kept

 private:
  ByteView key_;
  ChainHead head_;
};

struct ChainLine {
  std::uint64_t sequence = 0;
  Sha256Digest previous{};   // of the line before
  std::string_view members;  // a view of the line
  ChainHead head;            // with this line
};

// A line without its newline, by itself: whether it follows another is the caller's to compare.
// `key` empty: the HMAC is not looked at. Errors, in order: kMalformed (not a line of a chain),
// kForbidden (the HMAC is another's).
Result<ChainLine> OpenChainLine(ByteView key, std::string_view line);

}  // namespace obolus::base
