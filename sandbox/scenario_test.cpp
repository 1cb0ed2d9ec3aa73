#include "sandbox/scenario.h"

#include <gtest/gtest.h>

#include "sandbox/scenario_steps.h"
#include "sandbox/stage.h"

namespace obolus::sandbox {
namespace {

std::string Refusal(std::string_view text) {
  auto scenario = ReadScenario("story", text);
  return scenario ? "it was read" : scenario.error().message;
}

TEST(Scenario, StoryNeedsAndSteps) {
  const auto scenario = ReadScenario("story",
                                     "# The bank is slow,\n# and so is the shopper.\n\n"
                                     "needs vault guardian\n  # not the story\n"
                                     "commerce opens a payment session payment.amount=4900\n"
                                     "expect the payment session is expired within 80 s\n");
  ASSERT_TRUE(scenario);
  EXPECT_EQ(scenario->story, "The bank is slow, and so is the shopper.");
  EXPECT_EQ(scenario->needs, std::vector<std::string>{"vault guardian"});
  ASSERT_EQ(scenario->lines.size(), 2U);
  EXPECT_EQ(scenario->lines[0].number, 6);
  EXPECT_EQ(scenario->lines[0].members[0].name, "payment.amount");
  EXPECT_EQ(scenario->lines[1].arguments, (std::vector<std::string>{"payment", "expired"}));
  EXPECT_EQ(scenario->LongestWaitSeconds(), 80);
}

TEST(Scenario, ALineThatIsNoStepIsNamedWithTheNearest) {
  EXPECT_EQ(Refusal("commerce opens a payment session\nshopper opens the chalenge\n"),
            "story.scenario:2: shopper opens the chalenge: is no step of the language; the nearest "
            "is: shopper opens the challenge");
  EXPECT_TRUE(Refusal("dance\n").ends_with("is no step of the language"));
  EXPECT_TRUE(Refusal("shopper opens the challenge x=1\n").ends_with("here is x"));
  EXPECT_TRUE(Refusal("wait 1 s\nwait \"1 s\n").contains("story.scenario:2:"));
  EXPECT_TRUE(Refusal("expect no event within x s\n").contains("needs a number"));
  EXPECT_TRUE(Refusal("commerce opens a payment session =1\n").contains("name=value"));
  EXPECT_EQ(Refusal("# only a story\n"), "story.scenario: has no step");
}

TEST(Scenario, MembersAreJson) {
  const auto line = ReadScenario(
      "s", "commerce sends X a=1 b.c=true b.d=null e=[VISA,JCB] f=\"12\" g=\"two words\" h=$who\n");
  ASSERT_TRUE(line);
  const auto members = ReadMembers(line->lines[0].members, [](const std::string& text) {
    return text == "$who" ? std::string("me") : text;
  });
  ASSERT_TRUE(members);
  EXPECT_EQ(*members, base::ParseJson(R"({"a": 1, "b": {"c": true, "d": null},
      "e": ["VISA", "JCB"], "f": "12", "g": "two words", "h": "me"})")
                          ->as_object());
}

TEST(Scenario, EveryScenarioBuiltInCanBeRead) {
  const auto book = ReadScenarios({});
  ASSERT_TRUE(book) << book.error().message;
  EXPECT_GE(book->size(), 40U);
}

TEST(Scenario, NoStepHidesAnother) {
  for (const Step& a : Steps()) {
    for (const Step& b : Steps()) EXPECT_TRUE(&a == &b || a.pattern != b.pattern) << a.pattern;
    EXPECT_TRUE(DescribeSteps().contains(a.pattern));
  }
}

TEST(Scenario, ASessionKeyNamesItsSession) {
  EXPECT_EQ(SessionIdOf("tds_AQGiEw92xkAEoq3DSAjsBqHoL3_x2yvn3MlrOZI29eQPO0IaTQ"),
            "01a2130f-76c6-4004-a2ad-c34808ec06a1");
  EXPECT_EQ(SessionIdOf(""), "");
  EXPECT_EQ(SessionIdOf("pay_short"), "");
}

}  // namespace
}  // namespace obolus::sandbox
