#include "app/forget_codes.h"

#include <gtest/gtest.h>

#include "support/app_stand.h"
#include "support/fake_codes.h"

namespace obolus::app {
namespace {

using testing::AppStand;
using testing::EventOf;
using testing::FakeCodes;

class ForgetCodesTest : public ::testing::Test {
 protected:
  ForgetCodesTest() {
    stand_.services.codes = &codes_;
    stand_.store.OnCommit(
        [this](const CommitNotice& notice) { ForgetCodes(stand_.services, notice); });
  }
  // What the store was asked before has been answered afterwards.
  bool HasCode(const Uuid& session_id) {
    static_cast<void>(stand_.Session(session_id));
    return codes_.HasSession(session_id);
  }
  domain::Session Submit() {
    const auto opened = stand_.OpenPayment();
    EXPECT_TRUE(stand_.Submit(opened.key));
    return opened.session;
  }
  void Hear(const domain::Session& session, const std::string& type, base::json::object data) {
    data["terminal_id"] = base::ToString(session.terminal_id);
    ASSERT_TRUE(stand_.Receive(EventOf("event" + std::to_string(++events_), type, data)));
  }

  FakeCodes codes_;
  AppStand stand_;
  int events_ = 0;
};

TEST_F(ForgetCodesTest, ACodeIsKeptWhileItsPaymentMayNeedIt) {
  const auto session = Submit();
  EXPECT_EQ(codes_.kept, std::vector<std::string>{"123"});
  EXPECT_TRUE(HasCode(session.id));
  Hear(session, "StateChanged", {{"state", "accepted"}});
  EXPECT_TRUE(HasCode(session.id));
}

TEST_F(ForgetCodesTest, ACodeGoesWhenCommerceIsDoneWithItsPayment) {
  for (const char* state : {"authorized", "completed", "failed"}) {
    const auto session = Submit();
    Hear(session, "StateChanged", {{"state", state}});
    EXPECT_FALSE(HasCode(session.id)) << state;
  }
  const auto voided = Submit();
  Hear(voided, "SessionVoided", {});
  EXPECT_FALSE(HasCode(voided.id));
}

TEST_F(ForgetCodesTest, AnotherReplicasCommitIsHeardToo) {
  const auto session = Submit();
  stand_.store.OnCommit([](const CommitNotice&) {});
  Hear(session, "SessionVoided", {});
  ASSERT_TRUE(HasCode(session.id)) << "this replica has not heard yet";
  ForgetCodes(stand_.services, {.sessions = {{.id = session.id}}, .elsewhere = true});
  EXPECT_FALSE(HasCode(session.id));
}

TEST_F(ForgetCodesTest, ACardThatIsNotAcceptedLeavesNoCode) {
  const auto session = Submit();
  codes_.cards.clear();
  EXPECT_FALSE(stand_.Submit(stand_.services.keys.Make(KeyPurpose::kPayment, session.id),
                             "5555555555554444|7|2031|321"))
      << "the session has its card";
  EXPECT_TRUE(codes_.cards.empty());
}

TEST_F(ForgetCodesTest, ACodeThatReplicasShareIsCommittedWithItsCard) {
  codes_.shared = true;
  const auto session = Submit();
  const auto card_id = codes_.cards.begin()->first;
  const auto taken = testing::Await<bool>([&](base::Done<bool> done) {
    Transact<bool>(
        stand_.store,
        [card_id](Transaction& tx) -> Result<bool> {
          const auto code = tx.TakeCode(card_id);
          return code && *code && (*code)->ciphertext == "sealed code";
        },
        std::move(done));
  });
  EXPECT_TRUE(*taken);
}

}  // namespace
}  // namespace obolus::app
