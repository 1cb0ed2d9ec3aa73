#include "sandbox/acs.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

class AcsTest : public testing::Test {
 protected:
  AcsTest() {
    PaymentFacts facts;
    facts.card = CardSession{"c", "https://o.example/3ds/return/x",
                             json::object{{"first_six", "400000"}, {"last_four", "3220"}}};
    challenge_ = *processor_.Start(facts, {"StartAuthentication", {}}).challenge;
  }

  // The challenge's own CReq with one member set to something else.
  std::string CReqWith(std::string_view member, std::string_view value) {
    auto record = *processor_.FindRecord(challenge_.acs_trans_id);
    auto bytes = base::DecodeBase64Url(MakeCReq(record)).value();
    auto creq = base::ParseJson(base::AsText(bytes)).value().as_object();
    creq[member] = value;
    return base::EncodeBase64Url(base::AsBytes(base::ToText(creq)));
  }

  base::ErrorCode CodeOf(const std::string& creq) {
    return ReadCReq(creq, processor_).error().code;
  }

  base::RandomIdSource ids_;
  Processor processor_{ids_, "http://localhost/acs/challenge"};
  Challenge challenge_;
};

TEST_F(AcsTest, KnowsTheChallengeOfItsOwnCReq) {
  auto record = ReadCReq(challenge_.creq, processor_);
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->notification_url, "https://o.example/3ds/return/x");
}

TEST_F(AcsTest, RefusesACReqThatIsNotOne) {
  EXPECT_EQ(CodeOf(""), base::ErrorCode::kMalformed);
  EXPECT_EQ(CodeOf("not base64url!"), base::ErrorCode::kMalformed);
  EXPECT_EQ(CodeOf(base::EncodeBase64Url(base::AsBytes("[]"))), base::ErrorCode::kMalformed);
  EXPECT_EQ(CodeOf(challenge_.creq + "="), base::ErrorCode::kMalformed);
  EXPECT_EQ(CodeOf(CReqWith("messageType", "CRes")), base::ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(CReqWith("messageVersion", "1.0.2")), base::ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(CReqWith("challengeWindowSize", "06")), base::ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(CReqWith("threeDSServerTransID", "other")), base::ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(CReqWith("acsTransID", "unknown")), base::ErrorCode::kNotFound);
}

TEST_F(AcsTest, TheCResSaysWhatWasChosen) {
  auto record = *processor_.FindRecord(challenge_.acs_trans_id);
  auto read = [&](AcsDecision decision) {
    auto bytes = base::DecodeBase64Url(MakeCRes(record, decision)).value();
    return base::ParseJson(base::AsText(bytes)).value();
  };
  EXPECT_EQ(base::FindString(read(AcsDecision::kPass), "/transStatus"), "Y");
  EXPECT_EQ(base::FindString(read(AcsDecision::kFail), "/transStatus"), "N");
  EXPECT_FALSE(base::FindString(read(AcsDecision::kFail), "/challengeCancel"));
  EXPECT_EQ(base::FindString(read(AcsDecision::kCancel), "/challengeCancel"), "01");
}

TEST(ProcessorBehaviour, IsTheCardsUnlessAScriptSaysOtherwise) {
  base::RandomIdSource ids;
  Processor processor(ids, "https://bank.example/acs/challenge");
  PaymentFacts facts;
  facts.card = CardSession{"c", "https://o.example/3ds/return/x",
                           json::object{{"first_six", "400003"}, {"last_four", "1072"}}};
  auto open = [&] { return *processor.Start(facts, {"StartAuthentication", {}}).challenge; };
  EXPECT_EQ(processor.FindRecord(open().acs_trans_id)->behaviour->name, "cancel");
  processor.Play(FindAcsBehaviour("session-data-too-long"));
  EXPECT_EQ(open().session_data.size(), 1025U);
  processor.Play(FindAcsBehaviour("form-to-http"));
  EXPECT_TRUE(open().acs_url.starts_with("http://bank.example/"));
  processor.Play(FindAcsBehaviour("reload"));
  auto slow = open();
  EXPECT_GT(processor.OutcomeTakes(slow.acs_trans_id), base::Millis(0));
  processor.Play(nullptr);
  EXPECT_EQ(processor.OutcomeTakes(open().acs_trans_id), base::Millis(0));
}

TEST(AcsScript, NamesTheBehaviour) {
  auto script = ReadAcsScript({{"challenge", "cancel"}, {"without_browser", true}});
  ASSERT_TRUE(script);
  EXPECT_EQ(script->decision, AcsDecision::kCancel);
  EXPECT_TRUE(script->without_browser);
  EXPECT_FALSE(ReadAcsScript({{"challenge", "manual"}})->decision);
  EXPECT_EQ(ReadAcsScript({{"challenge", "perhaps"}}).error().fields[0].pointer, "/challenge");
  EXPECT_EQ(ReadAcsScript({{"behaviour", "cres-twice"}})->behaviour->name, "cres-twice");
  EXPECT_EQ(ReadAcsScript({{"behaviour", "perhaps"}}).error().fields[0].pointer, "/behaviour");
  EXPECT_FALSE(ReadAcsScript({{"behaviour", "cancel"}, {"challenge", "pass"}}));
}

}  // namespace
}  // namespace obolus::sandbox
