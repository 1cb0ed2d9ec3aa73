#include "http/page.h"

#include <gtest/gtest.h>

namespace obolus::http {
namespace {

constexpr char kHostile[] = "\"><script>alert('x')</script>&";
constexpr char kHarmless[] = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;";

std::string HeaderOf(const net::HttpResponse& response, const char* name) {
  const std::string* value = response.headers.Find(name);
  return value != nullptr ? *value : "(none)";
}

bool Holds(const net::HttpResponse& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

std::vector<net::HttpResponse> AllPages() {
  return {CardFramePage("pay_x", {"https://shop.example"}),
          CheckoutPage("pay_x", "Shop", "42.00 EUR"),
          ChallengeStartPage(domain::HostedChallenge{"https://acs.example"}, "https://pay/return"),
          ChallengeWaitPage("tds_x", WaitPhase::kPreparing),
          EndPage(200, EndOutcome::kDone, "Done", "All is well.")};
}

TEST(FillTemplate, EscapesValuesAndNotMarkup) {
  EXPECT_EQ(FillTemplate("<p>{{a}}{{b}}</p>", {{"a", "<1>"}}, {{"b", "<br>"}}),
            "<p>&lt;1&gt;<br></p>");
}

TEST(FillTemplate, ReadsNoPlaceholdersInValues) {
  EXPECT_EQ(FillTemplate("{{a}}-{{b}}", {{"a", "{{b}}"}, {"b", "x"}}), "{{b}}-x");
}

TEST(FillTemplate, LeavesOutWhatHasNoValue) {
  EXPECT_EQ(FillTemplate("a{{nothing}}b", {}), "ab");
  EXPECT_EQ(FillTemplate("a{{open", {}), "a{{open");
  EXPECT_EQ(FillTemplate("", {}), "");
}

TEST(Pages, CarryThePolicyTheirScriptsAreWrittenFor) {
  for (const auto& page : AllPages()) {
    EXPECT_EQ(HeaderOf(page, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(HeaderOf(page, "Cache-Control"), "no-store");
    EXPECT_EQ(HeaderOf(page, "Referrer-Policy"), "no-referrer") << "a key must not leave in a URL";
    EXPECT_EQ(HeaderOf(page, "X-Content-Type-Options"), "nosniff");
    const std::string policy = HeaderOf(page, "Content-Security-Policy");
    EXPECT_EQ(policy.find("default-src 'none'"), 0U) << policy;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos) << policy;
    EXPECT_NE(policy.find("base-uri 'none'"), std::string::npos) << policy;
  }
}

TEST(Pages, LeaveNoPlaceholderUnfilled) {
  for (const auto& page : AllPages()) EXPECT_FALSE(Holds(page, "{{")) << page.body;
}

TEST(CardFramePage, MayBeEmbeddedByItsOriginsOnly) {
  const auto page = CardFramePage("pay_x", {"https://pay.example", "https://shop.example"});
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(HeaderOf(page, "Content-Security-Policy")
                .find("frame-ancestors 'self' https://pay.example https://shop.example;"),
            std::string::npos);
  EXPECT_TRUE(Holds(page, "data-session-key=\"pay_x\""));
  EXPECT_TRUE(Holds(page, "data-allowed-origins=\"https://pay.example https://shop.example\""));
}

TEST(CheckoutPage, IsNeverEmbedded) {
  const auto page = CheckoutPage("pay_x", "Shop", "42.00 EUR");
  EXPECT_NE(HeaderOf(page, "Content-Security-Policy").find("frame-ancestors 'none'"),
            std::string::npos);
  EXPECT_EQ(HeaderOf(page, "Cross-Origin-Opener-Policy"), "same-origin");
}

TEST(CheckoutPage, EscapesWhatTheMerchantIsCalled) {
  const auto page = CheckoutPage("pay_x", kHostile, kHostile);
  EXPECT_FALSE(Holds(page, "<script>alert"));
  EXPECT_TRUE(Holds(page, kHarmless));
}

TEST(ChallengeStartPage, PostsTheEmvRequest) {
  const auto page =
      ChallengeStartPage(domain::EmvChallenge{"https://acs.example/c?a=1&b=2", "Y3JlcQ", kHostile},
                         "https://pay.example/3ds/tds_x/return");
  EXPECT_TRUE(Holds(page, "action=\"https://acs.example/c?a=1&amp;b=2\""));
  EXPECT_TRUE(Holds(page, "name=\"creq\" value=\"Y3JlcQ\""));
  EXPECT_TRUE(Holds(page, std::string("name=\"threeDSSessionData\" value=\"") + kHarmless));
  EXPECT_FALSE(Holds(page, "TermUrl"));
}

TEST(ChallengeStartPage, LeavesOutSessionDataThatWasNotGiven) {
  const auto page = ChallengeStartPage(
      domain::EmvChallenge{"https://acs.example/c", "Y3JlcQ", std::nullopt}, "https://pay/return");
  EXPECT_FALSE(Holds(page, "threeDSSessionData"));
}

TEST(ChallengeStartPage, PostsTheLegacyRequestWithOurReturnAddress) {
  const auto page = ChallengeStartPage(
      domain::PaReqChallenge{"https://acs.example/c", "cGFyZXE=", "md-1"}, "https://pay/return");
  EXPECT_TRUE(Holds(page, "name=\"PaReq\" value=\"cGFyZXE=\""));
  EXPECT_TRUE(Holds(page, "name=\"MD\" value=\"md-1\""));
  EXPECT_TRUE(Holds(page, "name=\"TermUrl\" value=\"https://pay/return\""));
}

TEST(ChallengeStartPage, DoesNotLimitWhereTheIssuersAnswerGoes) {
  const auto page =
      ChallengeStartPage(domain::HostedChallenge{"https://acs.example"}, "https://pay/return");
  EXPECT_EQ(HeaderOf(page, "Content-Security-Policy").find("form-action"), std::string::npos);
}

TEST(ChallengeWaitPage, TellsItsPhase) {
  EXPECT_TRUE(Holds(ChallengeWaitPage("tds_x", WaitPhase::kPreparing), "data-phase=\"preparing\""));
  EXPECT_TRUE(
      Holds(ChallengeWaitPage("tds_x", WaitPhase::kConfirming), "data-phase=\"confirming\""));
  EXPECT_TRUE(
      Holds(ChallengeWaitPage("tds_x", WaitPhase::kPreparing), "data-challenge-key=\"tds_x\""));
}

TEST(EndPage, TellsItsOutcome) {
  for (const auto& [outcome, name] :
       {std::pair(EndOutcome::kDone, "done"), std::pair(EndOutcome::kFailed, "failed"),
        std::pair(EndOutcome::kCancelled, "cancelled"), std::pair(EndOutcome::kExpired, "expired"),
        std::pair(EndOutcome::kVoided, "voided")}) {
    const auto page = EndPage(404, outcome, kHostile, kHostile);
    EXPECT_EQ(page.status, 404);
    EXPECT_TRUE(Holds(page, std::string("data-outcome=\"") + name + "\""));
    EXPECT_FALSE(Holds(page, "<script>alert"));
    EXPECT_EQ(HeaderOf(page, "Content-Security-Policy").find("script-src"), std::string::npos);
  }
}

TEST(SeeOther, SendsTheBrowserOnWithoutAReferrer) {
  const auto response = SeeOther("https://shop.example/ok");
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(HeaderOf(response, "Location"), "https://shop.example/ok");
  EXPECT_EQ(HeaderOf(response, "Referrer-Policy"), "no-referrer");
  EXPECT_EQ(HeaderOf(response, "Cache-Control"), "no-store");
}

}  // namespace
}  // namespace obolus::http
