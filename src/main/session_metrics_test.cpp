#include "main/session_metrics.h"

#include <gtest/gtest.h>

namespace obolus::main {
namespace {

using domain::SessionKind;
using domain::SessionState;

bool Shows(const base::Metrics& metrics, const std::string& line) {
  return metrics.Expose().find(line + "\n") != std::string::npos;
}

TEST(SessionMetrics, CountsEnteredStatesByKindAndNoAnnotations) {
  base::Metrics metrics;
  const SessionMetrics sessions(metrics);
  const app::SessionChange opened{{}, SessionKind::kPayment, SessionState::kOpen, true};
  const app::SessionChange created{{}, SessionKind::kPayment, SessionState::kCreated, true};
  const app::SessionChange annotated{{}, SessionKind::kPayment, SessionState::kCreated, false};
  const app::SessionChange returned{{}, SessionKind::kTds, SessionState::kReturned, true};
  sessions.Count({.sessions = {opened, created, annotated}, .events = true});
  sessions.Count({.sessions = {opened, returned}});
  EXPECT_TRUE(Shows(metrics, R"(obolus_sessions_total{kind="payment",state="open"} 2)"));
  EXPECT_TRUE(Shows(metrics, R"(obolus_sessions_total{kind="payment",state="created"} 1)"));
  EXPECT_TRUE(Shows(metrics, R"(obolus_sessions_total{kind="3ds",state="returned"} 1)"));
}

TEST(SessionMetrics, StatesThatWereNotEnteredYetShowZeroAndImpossibleOnesDoNotShow) {
  base::Metrics metrics;
  const SessionMetrics sessions(metrics);
  EXPECT_TRUE(Shows(metrics, R"(obolus_sessions_total{kind="3ds",state="open"} 0)"));
  EXPECT_TRUE(Shows(metrics, R"(obolus_sessions_total{kind="payment",state="voided"} 0)"));
  EXPECT_EQ(metrics.Expose().find(R"(kind="payment",state="returned")"), std::string::npos);
}

}  // namespace
}  // namespace obolus::main
