#include "main/limits_report.h"

#include <string>

#include "base/log.h"

namespace obolus::main {
namespace {

using app::LimitFinding;
using app::LimitRule;
using Kind = LimitFinding::Kind;

constexpr base::Millis kBetweenRecords{10'000};  // of one rule

}  // namespace

LimitsReport::LimitsReport(base::Metrics& metrics, const base::Clock& clock, app::AuditLog& audit)
    : clock_(clock), audit_(audit) {
  const auto refused = [&](const std::string& rule) {
    return metrics.AddCounter("obolus_limits_refused_total",
                              "Submissions and requests that a limit refused", {{"rule", rule}});
  };
  for (std::size_t i = 0; i < refused_.size(); ++i) {
    refused_[i] = refused(std::string(app::ToString(static_cast<LimitRule>(i))));
  }
  requests_refused_ = refused("requests");
  const auto proof = [&](const char* outcome) {
    return metrics.AddCounter("obolus_limits_work_total",
                              "Submissions of which a proof of work was wanted",
                              {{"outcome", outcome}});
  };
  asked_ = proof("missing");
  accepted_ = proof("accepted");
  wrong_ = proof("wrong");
  attacks_ = metrics.AddCounter("obolus_limits_attacks_total",
                                "Times a merchant's cards began to be mostly refused");
  unrecorded_ = metrics.AddCounter("obolus_limits_unrecorded_total",
                                   "Refusals by a limit without an audit record of their own");
  under_attack_ = metrics.AddGauge("obolus_limits_under_attack",
                                   "1 while the cards of a merchant are mostly refused");
}

void LimitsReport::Found(const LimitFinding& finding) {
  switch (finding.kind) {
    case Kind::kWorkAsked:
      return asked_.Add();
    case Kind::kWorkAccepted:
      return accepted_.Add();
    case Kind::kWorkWrong:
      return wrong_.Add();
    case Kind::kRefused:
      refused_[static_cast<std::size_t>(finding.rule)].Add();
      break;
    case Kind::kAttackBegan:
      attacks_.Add();
      base::Log(base::LogLevel::kWarn, "card_testing_suspected",
                {{base::Field::kOutcome, "cards of a merchant are mostly refused"}});
      break;
  }
  const std::size_t kind = finding.kind == Kind::kAttackBegan
                               ? recorded_at_.size() - 1
                               : static_cast<std::size_t>(finding.rule);
  if (!MayRecord(kind)) return unrecorded_.Add();
  Record(finding);
}

bool LimitsReport::MayRecord(std::size_t kind) {
  const auto now = clock_.Now();
  const std::lock_guard lock(mutex_);
  if (now - recorded_at_[kind] < kBetweenRecords) return false;
  recorded_at_[kind] = now;
  return true;
}

void LimitsReport::Record(const LimitFinding& finding) {
  domain::AuditRecord record{.kind = domain::AuditKind::kCardTestingSuspected,
                             .success = false,
                             .actor = "shopper",
                             .origin = finding.client};
  if (finding.session_id) record.object = "session:" + base::ToString(*finding.session_id);
  record.details.emplace_back("rule", finding.kind == Kind::kAttackBegan
                                          ? "merchant"
                                          : std::string(app::ToString(finding.rule)));
  if (!finding.merchant.empty()) record.details.emplace_back("merchant", finding.merchant);
  audit_.Record(std::move(record));
}

void LimitsReport::Observe(const app::CardTesting& limits) const {
  under_attack_.Set(limits.IsUnderAttack(clock_.Now()) ? 1 : 0);
}

}  // namespace obolus::main
