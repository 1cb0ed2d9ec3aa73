#include "app/bounded_audit_log.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/manual_clock.h"
#include "support/manual_scheduler.h"
#include "support/recording_audit_log.h"

namespace obolus::app {
namespace {

using domain::AuditKind;
using testing::ManualClock;
using testing::ManualScheduler;
using testing::RecordingAuditLog;

struct BoundedAuditLogTest : ::testing::Test {
  void Refuse(const std::string& origin, int times = 1) {
    for (int i = 0; i < times; ++i) {
      bounded.Record(
          {.kind = AuditKind::kCallerRefused, .success = false, .actor = "key", .origin = origin});
    }
  }
  std::string Detail(std::size_t i) const { return log.records.back().details.at(i).second; }

  RecordingAuditLog log;
  ManualClock clock;
  ManualScheduler scheduler{clock};
  BoundedAuditLog bounded{log, scheduler, {.per_origin = 3, .in_all = 10}};
};

TEST_F(BoundedAuditLogTest, AFloodIsRecordedToItsBoundAndThenCounted) {
  Refuse("192.0.2.1", 1000);
  EXPECT_EQ(log.records.size(), 3U);
  scheduler.Advance(base::Millis(60'000));
  ASSERT_EQ(log.records.size(), 4U);
  EXPECT_EQ(log.records.back().kind, AuditKind::kCallerRefused);
  EXPECT_EQ(Detail(0), "997");
  EXPECT_EQ(Detail(1), "1");
}

TEST_F(BoundedAuditLogTest, OneAddressDoesNotHideAnother) {
  Refuse("192.0.2.1", 1000);
  Refuse("192.0.2.2");
  EXPECT_EQ(log.records.back().origin, "192.0.2.2");
}

TEST_F(BoundedAuditLogTest, ManyAddressesAreBoundedTogether) {
  for (int i = 0; i < 5000; ++i) Refuse("2001:db8::" + std::to_string(i), 3);
  EXPECT_EQ(log.records.size(), 10U);
  scheduler.Advance(base::Millis(60'000));
  EXPECT_EQ(log.records.size(), 11U);
  EXPECT_EQ(Detail(0), std::to_string(15'000 - 10));
  EXPECT_EQ(Detail(1), "more than 1000");
}

TEST_F(BoundedAuditLogTest, TheNextMinuteIsRecordedAnew) {
  Refuse("192.0.2.1", 4);
  scheduler.Advance(base::Millis(60'000));
  Refuse("192.0.2.1");
  EXPECT_EQ(log.records.size(), 5U);
  scheduler.Advance(base::Millis(60'000));
  EXPECT_EQ(log.records.size(), 5U) << "a summary of nothing";
}

TEST_F(BoundedAuditLogTest, StoppingSaysWhatWasCounted) {
  Refuse("192.0.2.1", 5);
  bounded.Stop();
  EXPECT_EQ(log.records.size(), 4U);
}

TEST_F(BoundedAuditLogTest, WhatWeDoOurselvesIsNeverCountedOnly) {
  for (int i = 0; i < 1000; ++i) bounded.Record({.kind = AuditKind::kCardStored});
  EXPECT_EQ(log.records.size(), 1000U);
  for (int i = 0; i < 100; ++i) {
    bounded.RecordDurably({.kind = AuditKind::kForwardRefused}, [](const base::Status&) {});
  }
  EXPECT_EQ(log.records.size(), 1100U);
}

}  // namespace
}  // namespace obolus::app
