// What a browser carries when an issuer or a processor sends it back (contract §4.2), from bytes to
// facts. Forms of every kind, in the query or the body, names in any case; padding, the other
// base64 alphabet, cut and over-long values: everything comes out as a report, nothing is refused,
// because the shopper cannot help it and what it says decides nothing. Called by
// http/challenge_routes. Pure.
#pragma once

#include "domain/challenge_report.h"
#include "net/http_message.h"

namespace obolus::http {

// More than this is not read; it is reported as unreadable.
inline constexpr std::size_t kLongestReturn = std::size_t{64} * 1024;

domain::ChallengeReport ReadChallengeReturn(const net::HttpRequest& request);

}  // namespace obolus::http
