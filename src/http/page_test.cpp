#include "http/page.h"

#include <gtest/gtest.h>

#include "http/asset.h"
#include "support/app_stand.h"

namespace obolus::http {
namespace {

constexpr char kHostile[] = "\"><script>alert('x')</script>&";
constexpr char kHarmless[] = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;";

const Reader kReader = {.nonce = "bm9uY2U=", .shops = {"https://shop.example"}};
const Checkout kCheckout = {
    .session_key = "pay_x", .merchant_name = "Shop", .amount = "42.00 EUR", .back_url = ""};
const domain::Challenge kHosted = domain::HostedChallenge{"https://acs.example"};

std::string HeaderOf(const net::HttpResponse& response, const char* name) {
  const std::string* value = response.headers.Find(name);
  return value != nullptr ? *value : "(none)";
}

bool Holds(const net::HttpResponse& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

std::vector<net::HttpResponse> AllPages() {
  return {CardFramePage(kReader, "pay_x"), CheckoutPage(kReader, kCheckout),
          ChallengeStartPage(kReader, {kHosted, "https://pay/return"}),
          ChallengeWaitPage(kReader, {.phase = WaitPhase::kPreparing, .key = "tds_x"}),
          EndPage(kReader, 200, EndOutcome::kDone)};
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

bool Allows(const net::HttpResponse& page, const std::string& directive) {
  return ("; " + HeaderOf(page, "Content-Security-Policy") + ";").contains("; " + directive + ";");
}

TEST(Pages, LetNothingRunButOurOwn) {
  for (const auto& page : AllPages()) {
    EXPECT_TRUE(Allows(page, "default-src 'none'"));
    EXPECT_TRUE(Allows(page, "style-src 'nonce-bm9uY2U='"));
    EXPECT_TRUE(Allows(page, "script-src 'nonce-bm9uY2U='") || Allows(page, "script-src 'none'"));
    EXPECT_TRUE(Allows(page, "object-src 'none'"));
    EXPECT_TRUE(Allows(page, "base-uri 'none'"));
    EXPECT_TRUE(Allows(page, "require-trusted-types-for 'script'"));
    EXPECT_TRUE(Allows(page, "trusted-types 'none'"));
    EXPECT_TRUE(Allows(page, "report-uri /csp-reports"));
    EXPECT_TRUE(Allows(page, "report-to csp"));
    EXPECT_EQ(HeaderOf(page, "Reporting-Endpoints"), "csp=\"/csp-reports\"");
    EXPECT_FALSE(HeaderOf(page, "Content-Security-Policy").contains("unsafe"));
  }
}

TEST(Pages, KeepToThemselves) {
  for (const auto& page : AllPages()) {
    EXPECT_EQ(HeaderOf(page, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(HeaderOf(page, "Cache-Control"), "no-store");
    EXPECT_EQ(HeaderOf(page, "Referrer-Policy"), "no-referrer") << "a key must not leave in a URL";
    EXPECT_EQ(HeaderOf(page, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(HeaderOf(page, "Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_EQ(HeaderOf(page, "Cross-Origin-Embedder-Policy"), "require-corp");
    EXPECT_NE(HeaderOf(page, "Permissions-Policy"), "(none)");
    EXPECT_EQ(HeaderOf(page, "Set-Cookie"), "(none)");
  }
}

// The nonce of every script and style that a document of ours has, and its integrity.
TEST(Pages, NameEachScriptWithItsNonceAndIntegrity) {
  for (const auto& page : AllPages()) {
    std::size_t at = 0;
    while ((at = page.body.find("<script src=", at)) != std::string::npos) {
      const std::string tag = page.body.substr(at, page.body.find('>', at) - at);
      EXPECT_TRUE(tag.contains(" nonce=\"bm9uY2U=\"")) << tag;
      EXPECT_TRUE(tag.contains(" integrity=\"sha384-")) << tag;
      at += tag.size();
    }
    EXPECT_TRUE(Holds(page, "<style nonce=\"bm9uY2U=\">"));
  }
}

TEST(Pages, SpeakTheReadersLanguage) {
  const std::string language = "en";
  for (const auto& page : AllPages()) {
    EXPECT_TRUE(Holds(page, "<html lang=\"" + language + "\" dir=\"ltr\""));
    EXPECT_EQ(HeaderOf(page, "Content-Language"), language);
    EXPECT_EQ(HeaderOf(page, "Vary"), "Accept-Language, Accept-Encoding");
  }
}

TEST(Pages, AreMadeForEveryLanguage) {
  for (const std::string& language : Assets::Get().languages) {
    Reader reader = kReader;
    reader.language = language;
    const bool rtl = language == "ar" || language == "he";
    const std::string begin =
        "<html lang=\"" + language + "\" dir=\"" + (rtl ? "rtl" : "ltr") + "\"";
    EXPECT_TRUE(Holds(CardFramePage(reader, "pay_x"), begin));
    EXPECT_TRUE(Holds(CheckoutPage(reader, kCheckout), begin));
    EXPECT_TRUE(Holds(EndPage(reader, 200, EndOutcome::kReturned), begin));
  }
}

TEST(Pages, AreGzippedForWhoTakesIt) {
  Reader reader = kReader;
  reader.gzip = true;
  const auto packed = CardFramePage(reader, "pay_x");
  EXPECT_EQ(HeaderOf(packed, "Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size() * 2, CardFramePage(kReader, "pay_x").body.size());
  EXPECT_EQ(HeaderOf(CardFramePage(kReader, "pay_x"), "Content-Encoding"), "(none)");
}

TEST(Pages, LeaveNoPlaceholderUnfilled) {
  for (const auto& page : AllPages()) EXPECT_FALSE(Holds(page, "{{")) << page.body;
}

TEST(CardFramePage, MayBeEmbeddedByItsOriginsOnly) {
  const auto page =
      CardFramePage({.shops = {"https://a.example", "https://shop.example"}}, "pay_x");
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(Allows(page, "frame-ancestors 'self' https://a.example https://shop.example"));
  EXPECT_TRUE(Allows(CardFramePage({}, "pay_x"), "frame-ancestors 'self'"));
  EXPECT_EQ(HeaderOf(page, "Cross-Origin-Resource-Policy"), "cross-origin");
  EXPECT_TRUE(Holds(page, "data-session-key=\"pay_x\""));
  EXPECT_TRUE(Holds(page, "data-allowed-origins=\"https://a.example https://shop.example\""));
}

TEST(CheckoutPage, IsNeverEmbedded) {
  const auto page = CheckoutPage(kReader, kCheckout);
  EXPECT_TRUE(Allows(page, "frame-ancestors 'none'"));
  EXPECT_EQ(HeaderOf(page, "Cross-Origin-Resource-Policy"), "same-origin");
}

TEST(CheckoutPage, EscapesWhatTheMerchantIsCalled) {
  const auto page = CheckoutPage(kReader, {.session_key = "pay_x",
                                           .merchant_name = kHostile,
                                           .amount = kHostile,
                                           .back_url = kHostile});
  EXPECT_FALSE(Holds(page, "<script>alert"));
  EXPECT_TRUE(Holds(page, kHarmless));
}

TEST(ChallengeStartPage, PostsTheEmvRequest) {
  const auto page = ChallengeStartPage(
      kReader, {domain::EmvChallenge{"https://acs.example/c?a=1&b=2", "Y3JlcQ", kHostile},
                "https://pay.example/3ds/tds_x/return"});
  EXPECT_TRUE(Holds(page, "action=\"https://acs.example/c?a=1&amp;b=2\""));
  EXPECT_TRUE(Holds(page, "name=\"creq\" value=\"Y3JlcQ\""));
  EXPECT_TRUE(Holds(page, std::string("name=\"threeDSSessionData\" value=\"") + kHarmless));
  EXPECT_FALSE(Holds(page, "TermUrl"));
}

TEST(ChallengeStartPage, LeavesOutSessionDataThatWasNotGiven) {
  const auto page = ChallengeStartPage(
      kReader, {domain::EmvChallenge{"https://acs.example/c", "Y3JlcQ", std::nullopt},
                "https://pay/return"});
  EXPECT_FALSE(Holds(page, "threeDSSessionData"));
}

TEST(ChallengeStartPage, PostsTheLegacyRequestWithOurReturnAddress) {
  const auto page = ChallengeStartPage(
      kReader,
      {domain::PaReqChallenge{"https://acs.example/c", "cGFyZXE=", "md-1"}, "https://pay/return"});
  EXPECT_TRUE(Holds(page, "name=\"PaReq\" value=\"cGFyZXE=\""));
  EXPECT_TRUE(Holds(page, "name=\"MD\" value=\"md-1\""));
  EXPECT_TRUE(Holds(page, "name=\"TermUrl\" value=\"https://pay/return\""));
}

net::HttpResponse StartAt(const std::string& acs_url, bool wide = false) {
  return ChallengeStartPage(
      kReader, {domain::EmvChallenge{acs_url, "Y3JlcQ", std::nullopt}, "https://pay/return", wide});
}

TEST(ChallengeStartPage, LetsItsFormGoToTheIssuersOriginOnly) {
  EXPECT_TRUE(Allows(StartAt("https://acs.example/c?a=b"), "form-action https://acs.example"));
  EXPECT_TRUE(Allows(StartAt("https://ACS.example:443/c"), "form-action https://acs.example"));
  EXPECT_TRUE(Allows(StartAt("https://acs.example:8443/"), "form-action https://acs.example:8443"));
  EXPECT_TRUE(Allows(StartAt("http://localhost:81/c"), "form-action http://localhost:81"));
  EXPECT_TRUE(Allows(
      ChallengeStartPage(kReader, {domain::PaReqChallenge{"https://p.example/c", "p", "m"}, ""}),
      "form-action https://p.example"));
}

TEST(ChallengeStartPage, LetsTheIssuerRedirectOnceItWasSeenTo) {
  EXPECT_TRUE(Allows(StartAt("https://acs.example/c", true), "form-action https:"));
  EXPECT_TRUE(Allows(StartAt("http://localhost:81/c", true), "form-action https: http:"));
}

TEST(ChallengeStartPage, NamesNoAddressThatAPolicyCannotName) {
  EXPECT_TRUE(Allows(StartAt("https://[2001:db8::1]/c"), "form-action https:"));
  EXPECT_TRUE(Allows(StartAt("javascript:alert(1)"), "form-action 'none'"));
}

TEST(ChallengeStartPage, HasAnotherWayForThoseWithoutScript) {
  EXPECT_TRUE(Holds(StartAt("https://acs.example/c"), "<a href=\"?policy=wide\">"));
}

TEST(ChallengeWaitPage, TellsItsPhase) {
  EXPECT_TRUE(Holds(ChallengeWaitPage(kReader, {.phase = WaitPhase::kPreparing, .key = "tds_x"}),
                    "data-phase=\"preparing\""));
  EXPECT_TRUE(Holds(ChallengeWaitPage(kReader, {.phase = WaitPhase::kConfirming, .key = "tds_x"}),
                    "data-phase=\"confirming\""));
  EXPECT_TRUE(Holds(ChallengeWaitPage(kReader, {.phase = WaitPhase::kPreparing, .key = "tds_x"}),
                    "data-challenge-key=\"tds_x\""));
}

TEST(ChallengeWaitPage, TellsUntilWhenItWaits) {
  const auto at = [](int seconds) {
    return ChallengeWaitPage(
        kReader, {.phase = WaitPhase::kPreparing, .left = std::chrono::seconds(seconds)});
  };
  EXPECT_TRUE(Holds(at(605), "Time left: <span id=\"left\">10:05</span>"));
  EXPECT_TRUE(Holds(at(605), "data-seconds=\"605\""));
  EXPECT_TRUE(Holds(at(59), ">0:59</span>"));
  EXPECT_TRUE(Holds(at(-1), ">0:00</span>"));
}

TEST(ChallengeWaitPage, OffersTheWayBack) {
  const auto page = ChallengeWaitPage(
      kReader, {.phase = WaitPhase::kPending, .way_back_url = "https://shop.example/?a=1&b=\"2"});
  EXPECT_TRUE(Holds(page, "data-phase=\"pending\""));
  EXPECT_TRUE(Holds(page, "href=\"https://shop.example/?a=1&amp;b=&quot;2\" target=\"_top\""));
  EXPECT_TRUE(Holds(page, "Please do not pay again."));
}

TEST(EndPage, TellsItsOutcome) {
  for (const auto& [outcome, name] :
       {std::pair(EndOutcome::kDone, "done"), std::pair(EndOutcome::kReturned, "returned"),
        std::pair(EndOutcome::kFailed, "failed"), std::pair(EndOutcome::kCancelled, "cancelled"),
        std::pair(EndOutcome::kExpired, "expired"), std::pair(EndOutcome::kVoided, "voided"),
        std::pair(EndOutcome::kGone, "gone")}) {
    const auto page = EndPage(kReader, 404, outcome);
    EXPECT_EQ(page.status, 404);
    EXPECT_TRUE(Holds(page, std::string("data-outcome=\"") + name + "\""));
    EXPECT_TRUE(Allows(page, "script-src 'none'"));
  }
}

class ReaderOfTest : public ::testing::Test {
 protected:
  Reader Of(const std::string& query, net::Headers headers, const domain::Session* session) {
    return ReaderOf(stand_.services, {.query = query, .headers = std::move(headers)}, session);
  }

  testing::AppStand stand_;
};

TEST_F(ReaderOfTest, MakesANewNonceForEachResponse) {
  const Reader first = Of("", {}, nullptr);
  EXPECT_EQ(first.nonce.size(), 24U) << "128 bits in base64";
  EXPECT_NE(first.nonce, Of("", {}, nullptr).nonce);
}

TEST_F(ReaderOfTest, AsksForGzipOnlyWhenItIsAccepted) {
  EXPECT_TRUE(Of("", {{"Accept-Encoding", "gzip, br"}}, nullptr).gzip);
  EXPECT_FALSE(Of("", {{"Accept-Encoding", "gzip;q=0"}}, nullptr).gzip);
  EXPECT_FALSE(Of("", {}, nullptr).gzip);
}

TEST_F(ReaderOfTest, KnowsTheThemesThatAFrameMayBeginWith) {
  EXPECT_EQ(Of("theme=auto", {}, nullptr).theme, "auto");
  for (const char* query : {"", "theme=", "theme=light", "theme=%22x", "theme=AUTO"}) {
    EXPECT_EQ(Of(query, {}, nullptr).theme, "light") << query;
  }
}

TEST_F(ReaderOfTest, LetsTheSessionsShopsFrameIt) {
  domain::Session session;
  session.merchant.origins = {"https://shop.example"};
  EXPECT_EQ(Of("", {}, &session).shops, session.merchant.origins);
  session.merchant.origins.clear();
  EXPECT_EQ(Of("", {}, &session).shops, stand_.services.settings.default_origins);
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
