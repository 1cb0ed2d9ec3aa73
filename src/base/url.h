// Absolute http(s) URLs from untrusted text (RFC 3986), with the policy of everything a shopper may
// be sent to: https always, http on loopback only when the caller allows it (trying it out on a
// laptop). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace obolus::base {

struct Url {
  std::string text;    // as given
  std::string scheme;  // "https" or "http", lower case
  std::string host;    // lower case, IPv6 in brackets
  std::uint16_t port;  // explicit or the scheme's default
  std::string path;    // "/" when empty, with query, without fragment

  // "https://shop.example" or "https://shop.example:8443" (RFC 6454): what browsers send as Origin.
  std::string Origin() const;
  bool IsLoopback() const;  // localhost, *.localhost, 127.0.0.0/8, [::1]
};

enum class HttpPolicy { kHttpsOnly, kHttpOnLoopback };

// kInvalid with pointer "" and a reason a person can act on: not absolute, a scheme other than
// http(s) (javascript:, data:, …), plain http where it is not allowed, user info, no host, over
// 2048 bytes, control characters.
Result<Url> ParseUrl(std::string_view text, HttpPolicy policy);

// Percent-decoding of one path segment or form value; `plus_is_space` for forms. kMalformed: a bad
// escape.
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space = false);

}  // namespace obolus::base
