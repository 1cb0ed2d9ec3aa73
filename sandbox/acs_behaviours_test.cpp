#include "sandbox/acs_behaviours.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "base/encoding.h"
#include "base/json.h"
#include "sandbox/challenge_messages.h"
#include "sandbox/listing.h"
#include "sandbox/test_cards.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

bool PassesLuhn(std::string_view digits) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    int digit = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 == 0;
}

AcsRecord RecordOf(std::string_view name) {
  AcsRecord record;
  record.acs_trans_id = "acs-1";
  record.server_trans_id = "server-1";
  record.behaviour = FindAcsBehaviour(name);
  return record;
}

std::string CResOf(std::string_view name) {
  auto record = RecordOf(name);
  return MakePlayedCRes(record, record.behaviour->record.value_or(AcsDecision::kFail));
}

json::value ReadCRes(std::string_view name) {
  auto bytes = base::DecodeBase64Url(CResOf(name)).value();
  return base::ParseJson(base::AsText(bytes)).value();
}

std::string Member(std::string_view name, std::string_view pointer) {
  return base::FindString(ReadCRes(name), pointer).value_or("");
}

TEST(AcsBehaviours, HaveNamesInKebabCaseAndAStoryEach) {
  std::set<std::string_view> names;
  for (const auto& behaviour : AcsBehaviours()) {
    EXPECT_TRUE(names.insert(behaviour.name).second) << behaviour.name;
    EXPECT_EQ(FindAcsBehaviour(behaviour.name), &behaviour);
    EXPECT_TRUE(std::ranges::all_of(behaviour.name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    })) << behaviour.name;
    EXPECT_TRUE(behaviour.story.ends_with('.')) << behaviour.name;
  }
  EXPECT_GE(names.size(), 24U);
  EXPECT_EQ(FindAcsBehaviour("perhaps"), nullptr);
}

TEST(AcsBehaviours, AreToldApartByTheMaskedDigitsOfTheirCards) {
  std::set<std::string> masked;
  for (const auto& card : TestCards()) {
    EXPECT_TRUE(PassesLuhn(card.number)) << card.number;
    EXPECT_TRUE(masked.insert(std::string(card.first_six()) + std::string(card.last_four())).second)
        << card.number;
  }
  for (const auto& behaviour : AcsBehaviours()) {
    const auto* card = FindTestCard(behaviour.card.substr(0, 6), behaviour.card.substr(12));
    ASSERT_NE(card, nullptr) << behaviour.name;
    EXPECT_EQ(card->acs, &behaviour);
    EXPECT_EQ(card->network, "VISA");
  }
}

TEST(AcsBehaviours, EndAsTheProcessorSaysAndNotAsTheCResDoes) {
  for (const auto& behaviour : AcsBehaviours()) {
    const bool succeeds = ProcessorSays(behaviour.record) == "SUCCESS";
    if (behaviour.ending == AcsEnding::kPaid) EXPECT_TRUE(succeeds) << behaviour.name;
    if (behaviour.ending == AcsEnding::kFailed) EXPECT_FALSE(succeeds) << behaviour.name;
  }
  EXPECT_EQ(Member("cres-lies", "/transStatus"), "Y");
  EXPECT_EQ(Member("other-ids", "/transStatus"), "Y");
}

TEST(AcsBehaviours, SayTheTransStatusOfEmv) {
  for (const auto& [name, status] :
       std::vector<std::pair<std::string_view, std::string>>{{"authenticated", "Y"},
                                                             {"not-authenticated", "N"},
                                                             {"unavailable", "U"},
                                                             {"attempted", "A"},
                                                             {"rejected", "R"},
                                                             {"challenge-again", "C"},
                                                             {"cancel", "N"}}) {
    EXPECT_EQ(Member(name, "/transStatus"), status) << name;
  }
  EXPECT_EQ(Member("cancel", "/challengeCancel"), "01");
  EXPECT_EQ(Member("not-authenticated", "/challengeCancel"), "");
}

TEST(AcsBehaviours, BreakTheCResAsTheyAreNamed) {
  EXPECT_TRUE(CResOf("padded-cres").ends_with('='));
  EXPECT_EQ(CResOf("padded-cres").size() % 4, 0U);
  EXPECT_GT(CResOf("oversized-cres").size(), 400'000U);
  EXPECT_FALSE(base::DecodeBase64Url(CResOf("not-base64url-cres")));
  EXPECT_EQ(Member("wrong-version", "/messageVersion"), "9.9.9");
  EXPECT_EQ(Member("authenticated", "/acsTransID"), "acs-1");
  EXPECT_NE(Member("other-ids", "/acsTransID"), "acs-1");
  EXPECT_EQ(PlayedSessionData(RecordOf("session-data-grown"), "x").size(), 1025U);
  EXPECT_EQ(PlayedSessionData(RecordOf("authenticated"), "x"), "x");
}

TEST(AcsBehaviours, AskForEachWindowOfEmv) {
  for (std::string size : {"01", "02", "03", "04", "05"}) {
    auto bytes = base::DecodeBase64Url(MakeCReq(RecordOf("window-size-" + size))).value();
    auto creq = base::ParseJson(base::AsText(bytes)).value();
    EXPECT_EQ(base::FindString(creq, "/challengeWindowSize"), size);
  }
}

TEST(Listing, IsTheSameForPeopleAndPrograms) {
  auto behaviours = base::ParseJson(ListBehaviours(ListingForm::kJson)).value().as_array();
  ASSERT_EQ(behaviours.size(), AcsBehaviours().size());
  const auto people = ListBehaviours(ListingForm::kPeople);
  for (const auto& behaviour : behaviours) {
    for (const char* member : {"/name", "/story", "/processor_says", "/session_end"}) {
      EXPECT_NE(people.find(*base::FindString(behaviour, member)), std::string::npos);
    }
  }
  auto cards = base::ParseJson(ListCards(ListingForm::kJson)).value().as_array();
  EXPECT_EQ(cards.size(), TestCards().size());
  EXPECT_EQ(base::FindString(cards.back(), "/behaviour"), "window-size-05");
}

TEST(Listing, IsWhatTheDocumentationHolds) {
  for (const char* page : {"/sandbox/README.md", "/docs/3ds-behaviours.md"}) {
    std::ifstream file(std::string(OBOLUS_SOURCE_DIR) + page);
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_NE(text.str().find(ListBehaviours(ListingForm::kMarkdown)), std::string::npos)
        << page << ": put in what `obolus-sandbox acs --list --markdown` prints";
  }
}

}  // namespace
}  // namespace obolus::sandbox
