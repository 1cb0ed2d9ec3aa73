#include "http/session_request.h"

#include <gtest/gtest.h>

namespace obolus::http {
namespace {

using base::ErrorCode;
using domain::SessionKind;

constexpr char kId[] = "019a0000-1111-4222-8333-444455556666";
constexpr char kOtherId[] = "019a0000-1111-4222-8333-444455557777";

base::Result<app::OpenSession> Parse(const std::string& body,
                                     std::optional<SessionKind> kind = std::nullopt,
                                     const SessionRequestRules& rules = {}) {
  return ParseOpenSession(body, kind, rules);
}

std::vector<std::string> FaultsOf(const std::string& body,
                                  std::optional<SessionKind> kind = std::nullopt,
                                  const SessionRequestRules& rules = {}) {
  const auto parsed = Parse(body, kind, rules);
  std::vector<std::string> pointers;
  if (parsed) return pointers;
  EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid) << parsed.error().message;
  for (const auto& field : parsed.error().fields) pointers.push_back(field.pointer);
  return pointers;
}

using Faults = std::vector<std::string>;

TEST(SessionRequest, AnAbsentBodyOpensAPaymentSession) {
  for (const char* body : {"", "  \r\n\t", "{}", R"({"type": null, "payment": null})"}) {
    const auto parsed = Parse(body);
    ASSERT_TRUE(parsed) << body;
    EXPECT_EQ(parsed->kind, SessionKind::kPayment);
    EXPECT_EQ(parsed->terminal_id, std::nullopt);
    EXPECT_EQ(parsed->payment, domain::PaymentDetails{});
    EXPECT_EQ(parsed->expires_in, std::nullopt);
  }
}

TEST(SessionRequest, ReadsEveryMemberOfAPaymentSession) {
  const auto parsed = Parse(R"({
      "type": "payment", "terminal_id": ")" +
                            std::string(kId) + R"(",
      "payment": {"id": "p-1", "amount": 4200, "currency_code": "EUR", "order_id": "o-1",
                  "customer_id": "c-1", "vault_payment_method": true},
      "continuation": {"success": "https://shop.example/ok", "error": "https://shop.example/no"},
      "merchant": {"name": "Shop", "origins": ["https://shop.example", "https://b.example:8443"]},
      "allowed_networks": ["VISA", "mastercard"], "locale": "de-DE", "expires_in": 60})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(base::ToString(*parsed->terminal_id), kId);
  EXPECT_EQ(parsed->payment, (domain::PaymentDetails{"p-1", 4200, "EUR", "o-1", "c-1", true}));
  EXPECT_EQ(parsed->continuation,
            (domain::Continuation{"https://shop.example/ok", "https://shop.example/no"}));
  EXPECT_EQ(parsed->merchant,
            (domain::Merchant{"Shop", {"https://shop.example", "https://b.example:8443"}}));
  EXPECT_EQ(parsed->allowed_networks,
            (std::vector{domain::CardNetwork::kVisa, domain::CardNetwork::kMastercard}));
  EXPECT_EQ(parsed->locale, "de-DE");
  EXPECT_EQ(parsed->expires_in, std::chrono::seconds(60));
}

TEST(SessionRequest, IgnoresWhatItDoesNotKnow) {
  EXPECT_TRUE(Parse(R"({"surprise": {"deep": [1, 2]}, "payment": {"note": "x"}})"));
}

TEST(SessionRequest, TellsTheKindByItsMembers) {
  EXPECT_EQ(Parse(R"({"type": "3ds"})")->kind, SessionKind::kTds);
  EXPECT_EQ(Parse(R"({"terminal_id": ")" + std::string(kId) + "\"}")->kind, SessionKind::kPayment);
  EXPECT_EQ(Parse(R"({"tds_terminal_id": ")" + std::string(kId) + "\"}")->kind, SessionKind::kTds);
  EXPECT_EQ(Parse(R"({"challenge": {"url": "https://acs.example"}})")->kind, SessionKind::kTds);
  EXPECT_EQ(Parse(R"({"3ds_challenge": {"url": "https://acs.example"}})")->kind, SessionKind::kTds);
  EXPECT_EQ(Parse(R"({"acs_url": "https://acs.example", "creq": "Y3JlcQ"})")->kind,
            SessionKind::kTds);
  EXPECT_EQ(Parse(R"({"type": "payment", "tds_terminal_id": ")" + std::string(kId) + "\"}")->kind,
            SessionKind::kPayment)
      << "type wins";
}

TEST(SessionRequest, ThePublishedVariantsFixTheKind) {
  EXPECT_EQ(Parse("", SessionKind::kTds)->kind, SessionKind::kTds);
  EXPECT_EQ(Parse(R"({"type": "3ds"})", SessionKind::kPayment)->kind, SessionKind::kPayment);
}

TEST(SessionRequest, AThreeDsSessionNamesBothTerminals) {
  const auto parsed = Parse(R"({"tds_terminal_id": ")" + std::string(kId) +
                            R"(", "terminal_id": ")" + std::string(kOtherId) + "\"}");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(base::ToString(*parsed->terminal_id), kId);
  EXPECT_EQ(base::ToString(*parsed->payment_terminal_id), kOtherId);
}

TEST(SessionRequest, ReadsTheThreeShapesOfAChallengeWhereverTheyStand) {
  const domain::Challenge hosted = domain::HostedChallenge{"https://acs.example/c"};
  const domain::Challenge emv = domain::EmvChallenge{"https://acs.example/c", "Y3JlcQ", "data"};
  const domain::Challenge legacy =
      domain::PaReqChallenge{"https://acs.example/c", "cGFyZXE=", "md-1"};
  const std::string url = R"("url": "https://acs.example/c")";
  const std::string creq = R"("acs_url": "https://acs.example/c", "creq": "Y3JlcQ",
                              "three_ds_session_data": "data")";
  const std::string pa_req =
      R"("acs_url": "https://acs.example/c", "pa_req": "cGFyZXE=", "md": "md-1")";
  for (const auto& [members, challenge] :
       {std::pair(url, hosted), std::pair(creq, emv), std::pair(pa_req, legacy)}) {
    EXPECT_EQ(Parse("{\"challenge\": {" + members + "}}")->challenge, challenge);
    EXPECT_EQ(Parse("{\"3ds_challenge\": {" + members + "}}")->challenge, challenge);
    EXPECT_EQ(Parse("{\"type\": \"3ds\", " + members + "}")->challenge, challenge);
    EXPECT_EQ(ParseChallenge("{\"challenge\": {" + members + "}}", {}).value(), challenge);
    EXPECT_EQ(ParseChallenge("{" + members + "}", {}).value(), challenge);
  }
}

TEST(SessionRequest, AThreeDsSessionMayOpenBeforeItsChallenge) {
  const auto parsed = Parse(R"({"type": "3ds"})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->challenge, std::nullopt);
}

TEST(SessionRequest, AChallengeAloneIsNeeded) {
  for (const char* body : {"", "{}", R"({"challenge": {}})", R"({"creq": "Y3JlcQ"})"}) {
    const auto parsed = ParseChallenge(body, {});
    ASSERT_FALSE(parsed) << body;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
    EXPECT_FALSE(parsed.error().fields.empty());
  }
}

TEST(SessionRequest, RefusesWhatIsNotJson) {
  for (const char* body : {"{", "nonsense", "{\"a\": 1,}", "{} {}"}) {
    const auto parsed = Parse(body);
    ASSERT_FALSE(parsed) << body;
    EXPECT_EQ(parsed.error().code, ErrorCode::kMalformed);
  }
}

TEST(SessionRequest, RefusesWhatIsNotAnObject) {
  for (const char* body : {"[]", "7", "\"text\"", "null"}) EXPECT_EQ(FaultsOf(body), Faults{""});
}

TEST(SessionRequest, NamesEveryMemberAtFault) {
  EXPECT_EQ(
      FaultsOf(R"({"type": "refund", "terminal_id": "7", "expires_in": 59,
                         "continuation": {"success": "ftp://shop.example", "error": 7},
                         "payment": {"amount": -1, "currency_code": "eur"},
                         "merchant": {"origins": ["https://shop.example/path", 7]},
                         "allowed_networks": ["VISA", "CASH"], "locale": "d"})"),
      (Faults{"/type", "/terminal_id", "/continuation/success", "/continuation/error",
              "/expires_in", "/payment/amount", "/payment/currency_code", "/merchant/origins/0",
              "/merchant/origins/1", "/allowed_networks/1", "/locale"}));
}

TEST(SessionRequest, KeepsLifetimesWithinLimits) {
  EXPECT_TRUE(Parse(R"({"expires_in": 86400})"));
  EXPECT_EQ(FaultsOf(R"({"expires_in": 86401})"), Faults{"/expires_in"});
  EXPECT_TRUE(Parse(R"({"type": "3ds", "expires_in": 5940})"));
  EXPECT_EQ(FaultsOf(R"({"type": "3ds", "expires_in": 5941})"), Faults{"/expires_in"});
  EXPECT_EQ(FaultsOf(R"({"expires_in": "60"})"), Faults{"/expires_in"});
  EXPECT_EQ(FaultsOf(R"({"expires_in": 60.5})"), Faults{"/expires_in"});
}

TEST(SessionRequest, RefusesAddressesThatABrowserMustNotGoTo) {
  for (const char* url : {"javascript:alert(1)", "http://shop.example", "http://localhost",
                          "https://user@shop.example", "//shop.example", ""}) {
    EXPECT_EQ(FaultsOf(R"({"continuation": {"success": ")" + std::string(url) + "\"}}"),
              Faults{"/continuation/success"})
        << url;
    EXPECT_EQ(FaultsOf(R"({"challenge": {"url": ")" + std::string(url) + "\"}}"),
              Faults{"/challenge/url"})
        << url;
  }
  const SessionRequestRules trying{.http_policy = base::HttpPolicy::kHttpOnLoopback, .members = {}};
  EXPECT_TRUE(Parse(R"({"continuation": {"success": "http://localhost/ok"}})", {}, trying));
  EXPECT_FALSE(Parse(R"({"continuation": {"success": "http://shop.example/ok"}})", {}, trying));
}

TEST(SessionRequest, NamesWhatAChallengeLacks) {
  EXPECT_EQ(FaultsOf(R"({"challenge": {}})"), (Faults{"/challenge/acs_url", "/challenge/creq"}));
  EXPECT_EQ(FaultsOf(R"({"challenge": {"acs_url": "https://acs.example", "md": "m"}})"),
            Faults{"/challenge/pa_req"});
  EXPECT_EQ(FaultsOf(R"({"challenge": {"acs_url": "https://acs.example", "pa_req": "p"}})"),
            Faults{"/challenge/md"});
  EXPECT_EQ(FaultsOf(R"({"challenge": {"acs_url": "https://acs.example", "creq": "a=="}})"),
            Faults{"/challenge/creq"});
  EXPECT_EQ(FaultsOf(R"({"challenge": "url"})"), Faults{"/challenge"});
}

TEST(SessionRequest, RefusesChallengesThatABrowserMustNotBeSentTo) {
  for (const char* url : {"http://acs.example/c", "javascript:alert(1)", "//acs.example", ""}) {
    const std::string acs = "{\"challenge\": {\"acs_url\": \"" + std::string(url) + "\", ";
    EXPECT_EQ(FaultsOf(acs + R"("creq": "e30"}})"), Faults{"/challenge/acs_url"}) << url;
    EXPECT_EQ(FaultsOf(acs + R"("pa_req": "p", "md": "m"}})"), Faults{"/challenge/acs_url"}) << url;
  }
  const std::string longest = "https://acs.example/" + std::string(2028, 'a');
  const auto at = [](const std::string& url) {
    return FaultsOf("{\"challenge\": {\"acs_url\": \"" + url + R"(", "creq": "e30"}})");
  };
  EXPECT_EQ(at(longest), Faults{});
  EXPECT_EQ(at(longest + "a"), Faults{"/challenge/acs_url"});
}

TEST(SessionRequest, KeepsToTheLengthsOfTheStandards) {
  const auto emv = [](const std::string& creq, const std::string& data) {
    return FaultsOf(R"({"challenge": {"acs_url": "https://acs.example", "creq": ")" + creq +
                    R"(", "three_ds_session_data": ")" + data + "\"}}");
  };
  EXPECT_EQ(emv("e30", std::string(1024, 'x')), Faults{});
  EXPECT_EQ(emv("e30", std::string(1025, 'x')), Faults{"/challenge/three_ds_session_data"});
  EXPECT_EQ(emv(std::string(16 * 1024, 'A'), "x"), Faults{});
  EXPECT_EQ(emv(std::string(16 * 1024 + 4, 'A'), "x"), Faults{"/challenge/creq"});
  const auto legacy = [](std::size_t pa_req, std::size_t md) {
    return FaultsOf(R"({"challenge": {"acs_url": "https://acs.example", "pa_req": ")" +
                    std::string(pa_req, 'A') + R"(", "md": ")" + std::string(md, 'A') + "\"}}");
  };
  EXPECT_EQ(legacy(16 * 1024, 1024), Faults{});
  EXPECT_EQ(legacy(16 * 1024 + 1, 1025), (Faults{"/challenge/pa_req", "/challenge/md"}));
}

TEST(SessionRequest, WantsACreqInBase64UrlWithoutPadding) {
  for (const char* creq : {"e30=", "e30+", "e3/0", "e 30", "e3.0", "A", "abcdA", "e31"}) {
    EXPECT_EQ(FaultsOf(R"({"challenge": {"acs_url": "https://acs.example", "creq": ")" +
                       std::string(creq) + "\"}}"),
              Faults{"/challenge/creq"})
        << creq;
  }
}

TEST(SessionRequest, RefusesAListOfNoNetworks) {
  EXPECT_EQ(FaultsOf(R"({"allowed_networks": []})"), Faults{"/allowed_networks"});
}

TEST(SessionRequest, ReadsTheTermsOfRetries) {
  using Seconds = std::vector<std::chrono::seconds>;
  const auto terms = [](const std::string& body) { return Parse(body)->retries; };
  EXPECT_EQ(terms("{}"), domain::RetryTerms{});
  EXPECT_EQ(terms(R"({"retries": {}})"), domain::RetryTerms{});
  EXPECT_EQ(terms(R"({"retries": {"max_attempts": 0, "cool_down_s": []}})"),
            (domain::RetryTerms{0, Seconds{}}));
  EXPECT_EQ(terms(R"({"retries": {"cool_down_s": [0, 3600]}})"),
            (domain::RetryTerms{std::nullopt,
                                Seconds{std::chrono::seconds(0), std::chrono::seconds(3600)}}));
  EXPECT_EQ(FaultsOf(R"({"retries": 5})"), Faults{"/retries"});
  EXPECT_EQ(FaultsOf(R"({"retries": {"max_attempts": 101, "cool_down_s": [0, -1, 3601, "5"]}})"),
            (Faults{"/retries/max_attempts", "/retries/cool_down_s/1", "/retries/cool_down_s/2",
                    "/retries/cool_down_s/3"}));
  EXPECT_EQ(FaultsOf(R"({"retries": {"cool_down_s": [0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}})"),
            Faults{"/retries/cool_down_s"});
}

TEST(SessionRequest, KnowsLanguageTagsByForm) {
  for (const char* locale : {"de", "de-DE", "zh-Hans-CN", "es-419"}) {
    EXPECT_EQ(Parse(R"({"locale": ")" + std::string(locale) + "\"}")->locale, locale);
  }
  for (const char* locale : {"d", "1a", "de_DE", "de-", "-de", "de--DE", "de-DE-123456789"}) {
    EXPECT_EQ(FaultsOf(R"({"locale": ")" + std::string(locale) + "\"}"), Faults{"/locale"})
        << locale;
  }
}

TEST(SessionRequest, ReadsMembersFromWhereCommerceHasThem) {
  const SessionRequestRules rules{
      .http_policy = base::HttpPolicy::kHttpsOnly,
      .members = {{"terminal_id", "/terminal/id"}, {"continuation", "/urls"}}};
  const auto parsed = Parse(R"({"terminal": {"id": ")" + std::string(kId) +
                                R"("}, "urls": {"success": "https://shop.example/ok"}})",
                            {}, rules);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(base::ToString(*parsed->terminal_id), kId);
  EXPECT_EQ(parsed->continuation.success, "https://shop.example/ok");
}

TEST(SessionRequest, NamesAMemberAsCommerceSpellsIt) {
  const SessionRequestRules rules{.http_policy = base::HttpPolicy::kHttpsOnly,
                                  .members = {{"terminal_id", "/terminal/id"}}};
  EXPECT_EQ(FaultsOf(R"({"terminal": {"id": "7"}})", {}, rules), Faults{"/terminal/id"});
}

}  // namespace
}  // namespace obolus::http
