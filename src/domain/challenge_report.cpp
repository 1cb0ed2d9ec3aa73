#include "domain/challenge_report.h"

#include <algorithm>
#include <array>

namespace obolus::domain {
namespace {

char LowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// UUIDs, which issuers write in either case.
bool IsSameId(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, LowerCase, LowerCase);
}

std::optional<bool> BelongsTo(const EmvIds& came, const EmvIds& own) {
  std::optional<bool> belongs;
  const auto compare = [&](const auto& theirs, const auto& ours) {
    if (!theirs || !ours) return;
    belongs = belongs.value_or(true) && IsSameId(*theirs, *ours);
  };
  compare(came.acs_trans_id, own.acs_trans_id);
  compare(came.three_ds_server_trans_id, own.three_ds_server_trans_id);
  return belongs;
}

}  // namespace

std::string_view ToString(ReportForm form) {
  static constexpr std::array<std::string_view, 5> kNames = {"nothing", "cres", "pares", "error",
                                                             "unreadable"};
  return kNames[static_cast<std::size_t>(form)];
}

std::optional<bool> BelongsTo(const ChallengeReport& report, const Challenge& challenge,
                              const EmvIds& own) {
  if (const auto* legacy = std::get_if<PaReqChallenge>(&challenge)) {
    return report.md ? std::optional(*report.md == legacy->md) : std::nullopt;
  }
  return std::holds_alternative<EmvChallenge>(challenge) ? BelongsTo(report.ids, own)
                                                         : std::nullopt;
}

std::vector<std::pair<std::string, std::string>> DescribeReport(const ChallengeReport& report,
                                                                const Challenge* challenge,
                                                                const EmvIds& own) {
  std::vector<std::pair<std::string, std::string>> facts = {
      {"form", std::string(ToString(report.form))},
      {"method", report.by_post ? "POST" : "GET"},
      {"bytes", std::to_string(report.bytes)}};
  const auto add = [&](const char* name, const std::optional<std::string>& value) {
    if (value) facts.emplace_back(name, *value);
  };
  add("trans_status", report.trans_status);
  add("challenge_cancel", report.challenge_cancel);
  add("message_version", report.message_version);
  add("error_code", report.error_code);
  if (challenge != nullptr) {
    if (const auto belongs = BelongsTo(report, *challenge, own)) {
      facts.emplace_back("foreign", *belongs ? "no" : "yes");
    }
    const auto* emv = std::get_if<EmvChallenge>(challenge);
    if (emv != nullptr && report.session_data) {
      const bool same = report.session_data == emv->three_ds_session_data;
      facts.emplace_back("session_data", same ? "same" : "other");
    }
  }
  if (report.repeated) facts.emplace_back("repeated", "yes");
  return facts;
}

}  // namespace obolus::domain
