#include "http/key_routes.h"

#include <gtest/gtest.h>

#include <memory>

#include "support/app_stand.h"
#include "support/captured_answer.h"
#include "support/manual_scheduler.h"
#include "support/recording_audit_log.h"

namespace obolus::http {
namespace {

using app::KeyInfo;
using app::KeyKind;
using app::KeyState;

class FakeKeychain final : public app::Keychain {
 public:
  std::vector<KeyInfo> List() const override { return keys; }
  base::Millis Spread() const override { return base::Millis(0); }
  base::Result<std::vector<std::string>> Rotate(const std::vector<KeyKind>& kinds) override {
    if (is_full) return base::Fail(base::ErrorCode::kConflict, "too many keys");
    rotated = kinds;
    return std::vector{keys.front().id};
  }
  base::Status Retire(const std::string& id) override {
    retired.push_back(id);
    return {};
  }
  std::vector<KeyInfo> keys;
  std::vector<KeyKind> rotated;
  std::vector<std::string> retired;
  bool is_full = false;
};

class FakeWrapping final : public app::CardWrapping {
 public:
  std::string NewestKeyId() const override { return "kek-2"; }
  app::Result<app::SealedCard> Rewrap(const app::SealedCard& card) const override { return card; }
};

class KeyRoutesTest : public ::testing::Test {
 protected:
  KeyRoutesTest() {
    const auto now = app_.clock.Now();
    for (const auto& [id, state] :
         {std::pair("kek-2", KeyState::kActive), std::pair("kek-1", KeyState::kAccepting)}) {
      KeyInfo key{.kind = KeyKind::kKeyEncryption, .id = id, .algorithm = "AES-256-GCM"};
      key.state = state;
      key.created_at = key.active_at = now;
      if (state == KeyState::kAccepting) key.replaced_at = now;
      keys_.keys.push_back(key);
    }
    AddKeyRoutes(router_, {{app_.store, keys_, app_.clock}, rewrap_, &audit_});
  }

  net::HttpResponse Ask(const std::string& method, const std::string& path,
                        const std::string& query = "") {
    testing::CapturedAnswer answer;
    net::HttpRequest request;
    request.method = method;
    request.target = query.empty() ? path : path + "?" + query;
    request.path = path;
    request.query = query;
    router_.Dispatch(std::move(request), answer.Responder());
    return answer.Take();
  }

  testing::AppStand app_;
  FakeKeychain keys_;
  FakeWrapping wrapping_;
  testing::ManualScheduler scheduler_{app_.clock};
  app::RewrapCards rewrap_{app_.store, wrapping_, scheduler_, {}, nullptr};
  testing::RecordingAuditLog audit_;
  base::Metrics metrics_;
  Router router_{"operator", metrics_, app_.ids};
};

TEST_F(KeyRoutesTest, ListsKeysWithWhatNeedsThem) {
  const auto answer = Ask("GET", "/keys");
  EXPECT_EQ(answer.status, 200);
  const auto shown = base::ParseJson(answer.body).value();
  EXPECT_EQ(base::FindString(shown, "/keys/0/state"), "active");
  EXPECT_EQ(base::FindString(shown, "/keys/1/id"), "kek-1");
  EXPECT_EQ(shown.at_pointer("/keys/1/needed_by"), 0);
  EXPECT_EQ(shown.at_pointer("/rewrap/waiting"), 0);
  EXPECT_TRUE(audit_.records.empty());
}

TEST_F(KeyRoutesTest, RotatesOneKindOrAllAndSaysSoToTheAuditor) {
  EXPECT_EQ(Ask("POST", "/keys/rotate").status, 200);
  EXPECT_EQ(keys_.rotated.size(), 3U);
  EXPECT_EQ(Ask("POST", "/keys/rotate", "kind=session").status, 200);
  EXPECT_EQ(keys_.rotated, std::vector{KeyKind::kSession});
  ASSERT_EQ(audit_.records.size(), 2U);
  EXPECT_EQ(audit_.records[0].kind, domain::AuditKind::kKeyRotated);
  EXPECT_EQ(audit_.records[0].object, "key:kek-2");
  EXPECT_EQ(audit_.records[0].actor, "operator");
}

TEST_F(KeyRoutesTest, ARotationThatIsRefusedIsRecordedAsSuch) {
  EXPECT_EQ(Ask("POST", "/keys/rotate", "kind=none").status, 422);
  keys_.is_full = true;
  EXPECT_EQ(Ask("POST", "/keys/rotate").status, 409);
  ASSERT_EQ(audit_.records.size(), 1U);
  EXPECT_FALSE(audit_.records[0].success);
}

TEST_F(KeyRoutesTest, RetiresAKeyOnce) {
  const auto answer = Ask("POST", "/keys/kek-1/retire");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(base::FindString(base::ParseJson(answer.body).value(), "/state"), "retired");
  EXPECT_EQ(keys_.retired, std::vector<std::string>{"kek-1"});
  EXPECT_EQ(Ask("POST", "/keys/kek-0/retire").status, 404);
  ASSERT_EQ(audit_.records.size(), 2U);
  EXPECT_EQ(audit_.records[0].kind, domain::AuditKind::kKeyRetired);
  EXPECT_TRUE(audit_.records[0].success);
  EXPECT_FALSE(audit_.records[1].success);
}

TEST_F(KeyRoutesTest, TheRewrapBeginsWhenItIsAskedFor) {
  const auto answer = Ask("POST", "/keys/rewrap");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(base::ParseJson(answer.body)->at_pointer("/not_opened"), 0);
  EXPECT_EQ(audit_.records.at(0).kind, domain::AuditKind::kCardRewrapped);
}

}  // namespace
}  // namespace obolus::http
