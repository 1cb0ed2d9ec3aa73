#include "main/handshake_watch.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"
#include "support/recording_audit_log.h"

namespace obolus::main {
namespace {

using net::HandshakeFault;

class HandshakeWatchTest : public ::testing::Test {
 protected:
  bool Shows(const std::string& line) { return metrics_.Expose().find(line) != std::string::npos; }

  testing::ManualClock clock_;
  testing::RecordingAuditLog audit_;
  base::Metrics metrics_;
  HandshakeWatch watch_{"commerce", metrics_, clock_, audit_};
};

TEST_F(HandshakeWatchTest, ARefusedCertificateIsCountedAndRecordedWithItsReason) {
  watch_.Refused({.fault = HandshakeFault::kRevoked,
                  .detail = "certificate revoked",
                  .subject = "CN=mallory",
                  .fingerprint = "ab",
                  .address = "192.0.2.1"});
  EXPECT_TRUE(
      Shows(R"(obolus_tls_handshakes_refused_total{listener="commerce",reason="revoked"} 1)"));
  ASSERT_EQ(audit_.records.size(), 1U);
  const auto& record = audit_.records[0];
  EXPECT_EQ(record.kind, domain::AuditKind::kClientCertificateRefused);
  EXPECT_FALSE(record.success);
  EXPECT_EQ(record.actor, "subject:CN=mallory");
  EXPECT_EQ(record.origin, "192.0.2.1");
  EXPECT_EQ(record.details[0], std::pair(std::string("reason"), std::string("revoked")));
}

TEST_F(HandshakeWatchTest, WhoeverJustGoesAwayIsCountedAndNoMore) {
  watch_.Refused({.fault = HandshakeFault::kGone});
  EXPECT_TRUE(audit_.records.empty());
  EXPECT_TRUE(Shows(R"(obolus_tls_handshakes_refused_total{listener="commerce",reason="gone"} 1)"));
}

TEST_F(HandshakeWatchTest, AFloodIsRecordedInPartAndThenSaysHowMuchIsMissing) {
  for (int i = 0; i < HandshakeWatch::kRecordsAMinute + 40; ++i) {
    watch_.Refused({.fault = HandshakeFault::kUntrusted});
  }
  EXPECT_EQ(audit_.records.size(), std::size_t{HandshakeWatch::kRecordsAMinute});
  clock_.Advance(std::chrono::minutes(1));
  watch_.Refused({.fault = HandshakeFault::kUntrusted});
  ASSERT_EQ(audit_.records.size(), std::size_t{HandshakeWatch::kRecordsAMinute} + 1);
  EXPECT_EQ(audit_.records.back().details.back(),
            std::pair(std::string("left_out_before"), std::string("40")));
}

}  // namespace
}  // namespace obolus::main
