#include "http/audit_routes.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "support/captured_answer.h"
#include "support/recording_audit_log.h"
#include "support/sequential_ids.h"

namespace obolus::http {
namespace {

using domain::AuditKind;
using testing::CapturedAnswer;

class AuditRoutes : public ::testing::Test {
 protected:
  AuditRoutes() {
    AddAuditRoutes(router_, {audit_, [] { return base::ChainHead{7, {}}; }});
    router_.AddGuard(Audited(
        [](Exchange& exchange) {
          if (exchange.request.headers.Find("x-let-in") != nullptr) return true;
          exchange.Refuse({base::ErrorCode::kUnauthorized, "no", {}, std::nullopt});
          return false;
        },
        AuditKind::kCallerRefused, "commerce", audit_));
  }

  net::HttpResponse Ask(const std::string& method, const std::string& path,
                        const std::string& query = "", bool let_in = true) {
    CapturedAnswer answer;
    net::HttpRequest request{.method = method, .path = path, .query = query};
    if (let_in) request.headers.Add("x-let-in", "1");
    request.headers.Add("x-api-key", "guess");
    request.peer.address = "192.0.2.1";
    router_.Dispatch(std::move(request), answer.Responder());
    return answer.Take();
  }

  testing::RecordingAuditLog audit_;
  testing::SequentialIds ids_;
  base::Metrics metrics_;
  Router router_{"operator", metrics_, ids_};
};

TEST_F(AuditRoutes, TheHeadIsShown) {
  const auto answer = Ask("GET", "/audit");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(base::FindString(*base::ParseJson(answer.body), "/head"), "7:" + std::string(64, '0'));
}

TEST_F(AuditRoutes, ACommandsRecordIsKept) {
  EXPECT_EQ(Ask("POST", "/audit/records", "kind=backup_made&by=uid%3A0&detail=%2Fb").status, 200);
  ASSERT_EQ(audit_.records.size(), 1U);
  EXPECT_EQ(audit_.records[0].kind, AuditKind::kBackupMade);
  EXPECT_EQ(audit_.records[0].details[0].second, "uid:0");
  EXPECT_EQ(audit_.records[0].details[1].second, "/b");
}

TEST_F(AuditRoutes, WhatIsNoCommandsRecordIsRefused) {
  EXPECT_EQ(Ask("POST", "/audit/records", "kind=card_forwarded").status, 422);
  EXPECT_EQ(Ask("POST", "/audit/records").status, 422);
  EXPECT_TRUE(audit_.records.empty());
}

TEST_F(AuditRoutes, ALogThatCannotBeWrittenIsSaid) {
  audit_.is_full = true;
  EXPECT_EQ(Ask("POST", "/audit/records", "kind=audit_read").status, 503);
}

TEST_F(AuditRoutes, WhoIsRefusedIsRecordedWithoutWhatWasTried) {
  EXPECT_EQ(Ask("GET", "/audit", "", false).status, 401);
  ASSERT_EQ(audit_.records.size(), 1U);
  const domain::AuditRecord& record = audit_.records[0];
  EXPECT_EQ(record.kind, AuditKind::kCallerRefused);
  EXPECT_FALSE(record.success);
  EXPECT_EQ(record.actor.size(), std::string("key:").size() + 16);
  EXPECT_EQ(record.origin, "192.0.2.1");
  EXPECT_EQ(record.object, "listener:commerce");
  Ask("GET", "/audit");
  EXPECT_EQ(audit_.records.size(), 1U) << "who is let in is none of this";
}

}  // namespace
}  // namespace obolus::http
