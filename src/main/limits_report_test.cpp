#include "main/limits_report.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"
#include "support/recording_audit_log.h"

namespace obolus::main {
namespace {

using app::LimitRule;
using Kind = app::LimitFinding::Kind;

class LimitsReportTest : public ::testing::Test {
 protected:
  bool Shows(const std::string& line) { return metrics_.Expose().find(line) != std::string::npos; }

  base::Metrics metrics_;
  testing::ManualClock clock_;
  testing::RecordingAuditLog audit_;
  LimitsReport report_{metrics_, clock_, audit_};
};

TEST_F(LimitsReportTest, RefusalsAreCountedByRule) {
  report_.Found({Kind::kRefused, LimitRule::kCard, "203.0.113.1", "https://shop.example", {}});
  report_.Found({Kind::kWorkAccepted, LimitRule::kUnproven, "203.0.113.1", "", {}});
  report_.RequestRefused();
  EXPECT_TRUE(Shows("obolus_limits_refused_total{rule=\"card\"} 1"));
  EXPECT_TRUE(Shows("obolus_limits_refused_total{rule=\"requests\"} 1"));
  EXPECT_TRUE(Shows("obolus_limits_work_total{outcome=\"accepted\"} 1"));
}

TEST_F(LimitsReportTest, AnAttackerFillsNoAuditLog) {
  for (int second = 0; second < 60; ++second) {
    for (int i = 0; i < 100; ++i) {
      report_.Found({Kind::kRefused, LimitRule::kCard, "203.0.113.1", "https://shop.example", {}});
    }
    clock_.Advance(base::Millis(1000));
  }
  ASSERT_EQ(audit_.records.size(), 6U);
  const domain::AuditRecord& first = audit_.records.front();
  EXPECT_EQ(first.kind, domain::AuditKind::kCardTestingSuspected);
  EXPECT_FALSE(first.success);
  EXPECT_EQ(first.origin, "203.0.113.1");
  EXPECT_EQ(first.details,
            (domain::Details{{"rule", "card"}, {"merchant", "https://shop.example"}}));
  EXPECT_TRUE(Shows("obolus_limits_unrecorded_total 5994"));
}

TEST_F(LimitsReportTest, AnAttackIsSaidWhenItBegins) {
  report_.Found({Kind::kAttackBegan, LimitRule::kUnproven, "", "https://shop.example", {}});
  EXPECT_TRUE(Shows("obolus_limits_attacks_total 1"));
  ASSERT_EQ(audit_.records.size(), 1U);
  EXPECT_EQ(audit_.records[0].details[0].second, "merchant");
}

}  // namespace
}  // namespace obolus::main
