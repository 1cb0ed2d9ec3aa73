// What a shopper's browser brought back from the issuer, as facts for whoever has to find out later
// what happened: never a verdict, because a browser can say anything (the ACS's word reaches the
// processor by another way). Only well-formed codes are kept, no message and no data of the
// shopper. Read by http/challenge_return, written on the session's timeline by
// app/return_from_challenge. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/challenge.h"

namespace obolus::domain {

enum class ReportForm : std::uint8_t {
  kNothing,     // no field that 3-D Secure knows
  kCres,        // EMV 3DS 2.x
  kPares,       // 3-D Secure 1.0
  kError,       // an EMV Erro message
  kUnreadable,  // such a field, but what is in it is none of these, or is too long
};
std::string_view ToString(ReportForm form);  // "nothing", "cres", …

// The ids by which an EMV message belongs to a transaction.
struct EmvIds {
  std::optional<std::string> acs_trans_id;
  std::optional<std::string> three_ds_server_trans_id;
  bool operator==(const EmvIds&) const = default;
};

struct ChallengeReport {
  ReportForm form = ReportForm::kNothing;
  std::size_t bytes = 0;  // of what came, fields that nobody knows included
  bool by_post = false;   // else by GET
  bool repeated = false;  // a field came twice and not the same; the first one counts
  std::optional<std::string> trans_status{};      // one of Y N U A C R D I
  std::optional<std::string> challenge_cancel{};  // two digits: the shopper, or time, ended it
  std::optional<std::string> message_version{};
  std::optional<std::string> error_code{};  // three digits
  // To be compared with the session's own, and not kept.
  EmvIds ids{};
  std::optional<std::string> md{};
  std::optional<std::string> session_data{};
  bool operator==(const ChallengeReport&) const = default;
};

// Whether the report belongs to that challenge: false when an id of it is another's, nothing when
// there is nothing to compare. `own` are the ids of the challenge's CReq.
std::optional<bool> BelongsTo(const ChallengeReport& report, const Challenge& challenge,
                              const EmvIds& own);

// For a timeline: "form", "method" and "bytes", then what there is of "trans_status",
// "challenge_cancel", "message_version", "error_code", "foreign" ("yes" or "no"), "session_data"
// ("same" or "other") and "repeated" ("yes"). `challenge`: the session's, nullptr when unknown.
std::vector<std::pair<std::string, std::string>> DescribeReport(const ChallengeReport& report,
                                                                const Challenge* challenge,
                                                                const EmvIds& own);

}  // namespace obolus::domain
