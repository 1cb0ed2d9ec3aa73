#include "http/csp_reports.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "support/captured_answer.h"
#include "support/manual_clock.h"
#include "support/recording_audit_log.h"
#include "support/sequential_ids.h"

namespace obolus::http {
namespace {

constexpr char kPage[] = "https://pay.example/frame/v1/pay_AbCdEfGh?x=1#y";

std::string Csp2(const std::string& directive, const std::string& blocked) {
  const base::json::object report = {{"document-uri", kPage},
                                     {"effective-directive", directive},
                                     {"violated-directive", directive + " 'self'"},
                                     {"blocked-uri", blocked},
                                     {"script-sample", "send(4242424242424242)"}};
  return base::ToText(base::json::object{{"csp-report", report}});
}

std::string BlockedOf(const std::string& url) {
  const auto violations = ReadCspReports(Csp2("img-src", url));
  return violations ? violations->at(0).blocked : "refused";
}

TEST(ReadCspReports, ReadsTheFormOfCsp2) {
  const auto violations = ReadCspReports(Csp2("script-src-elem", "https://evil.example:8443/x.js"));
  ASSERT_TRUE(violations);
  const CspViolation wanted{"card_frame", "script-src-elem", "https://evil.example:8443"};
  EXPECT_EQ(*violations, std::vector{wanted});
}

TEST(ReadCspReports, TakesTheNameOfAViolatedDirectiveWithItsValues) {
  const auto violations = ReadCspReports(
      R"({"csp-report": {"document-uri": "https://pay.example/checkout/pay_x",
          "violated-directive": "script-src 'self' 'nonce-x'", "blocked-uri": "inline"}})");
  ASSERT_TRUE(violations);
  const CspViolation wanted{"checkout", "script-src", "inline"};
  EXPECT_EQ(*violations, std::vector{wanted});
}

TEST(ReadCspReports, ReadsTheFormOfTheReportingApiAndPassesOverOtherTypes) {
  const auto violations = ReadCspReports(
      R"([{"type": "deprecation", "body": {}}, 7, {"type": "csp-violation"},
          {"type": "csp-violation", "url": "https://pay.example/3ds/tds_x",
           "body": {"documentURL": "https://pay.example/3ds/tds_x", "blockedURL": "eval",
                    "effectiveDirective": "script-src", "sample": "alert"}}])");
  ASSERT_TRUE(violations);
  const CspViolation wanted{"3ds", "script-src", "eval"};
  EXPECT_EQ(*violations, std::vector{wanted});
}

TEST(ReadCspReports, ReadsNoMoreThanTenOfABody) {
  base::json::array reports;
  for (int i = 0; i < 50; ++i) {
    reports.push_back(
        base::json::object{{"type", "csp-violation"}, {"body", base::json::object()}});
  }
  const auto violations = ReadCspReports(base::ToText(reports));
  ASSERT_TRUE(violations);
  EXPECT_EQ(violations->size(), 10U);
}

TEST(ReadCspReports, KeepsOfABlockedAddressOnlyItsOrigin) {
  EXPECT_EQ(BlockedOf("https://Evil.Example/4242424242424242?cvc=123"), "https://evil.example");
  EXPECT_EQ(BlockedOf("https://evil.example?4242424242424242"), "https://evil.example");
  EXPECT_EQ(BlockedOf("https://evil.example\\4242424242424242"), "https://evil.example");
  EXPECT_EQ(BlockedOf("https://4242424242424242:123@evil.example/"), "https://evil.example");
  EXPECT_EQ(BlockedOf("wss://evil.example"), "wss://evil.example");
  EXPECT_EQ(BlockedOf("https://[2001:db8::1]:81/"), "https://[2001:db8::1]:81");
  EXPECT_EQ(BlockedOf("data:text/html,4242424242424242"), "data");
  EXPECT_EQ(BlockedOf("blob:https://pay.example/1-2"), "blob");
  EXPECT_EQ(BlockedOf("trusted-types-sink"), "trusted-types-sink");
}

TEST(ReadCspReports, KeepsNoCardNumberThatIsAHostName) {
  EXPECT_EQ(BlockedOf("https://4242424242424242.evil.example/"),
            "https://################.evil.example");
  EXPECT_EQ(BlockedOf("https://4242-4242-4242-4242.evil.example/"),
            "https://####-####-####-####.evil.example");
  EXPECT_EQ(BlockedOf("https://10.0.0.1:8443/"), "https://10.0.0.1:8443");
}

TEST(ReadCspReports, SaysOtherOfWhatItDoesNotKnow) {
  for (const char* blocked :
       {"", "pay_AbCdEfGh", "javascript:alert(1)", "https:", "https://", "https://a b/",
        "https://a\nb/", "https://\xc3\xa4.example/", "x://y"}) {
    EXPECT_EQ(BlockedOf(blocked), "other") << blocked;
  }
  EXPECT_EQ(BlockedOf("https://" + std::string(300, 'a')), "other");
  const auto violations = ReadCspReports(R"({"csp-report": {"document-uri": 7,
      "effective-directive": "script-src\n2026 forged line", "blocked-uri": {}}})");
  ASSERT_TRUE(violations);
  const CspViolation wanted{"other", "other", "other"};
  EXPECT_EQ(*violations, std::vector{wanted});
}

TEST(ReadCspReports, RefusesWhatIsNoReport) {
  for (const char* body : {"", "{", "7", "null", "\"x\"", "{}", R"({"csp-report": []})"}) {
    EXPECT_FALSE(ReadCspReports(body)) << body;
  }
  EXPECT_FALSE(ReadCspReports(std::string(100'000, '[')));
  EXPECT_FALSE(
      ReadCspReports(R"({"csp-report": {"blocked-uri": ")" + std::string(17'000, 'a') + "\"}}"));
}

class CspReportRoute : public ::testing::Test {
 protected:
  CspReportRoute() { AddCspReportRoute(router_, clock_, metrics_, audit_); }

  int Post(const std::string& type, std::string body) {
    testing::CapturedAnswer answer;
    net::HttpRequest request{.method = "POST", .target = "/csp-reports", .path = "/csp-reports"};
    if (!type.empty()) request.headers.Add("Content-Type", type);
    request.body = std::move(body);
    router_.Dispatch(std::move(request), answer.Responder());
    return answer.Take().status;
  }

  bool Shows(const std::string& line) { return metrics_.Expose().contains(line + "\n"); }

  obolus::testing::ManualClock clock_;
  obolus::testing::SequentialIds ids_;
  base::Metrics metrics_;
  obolus::testing::RecordingAuditLog audit_;
  Router router_{"shopper", metrics_, ids_};
};

TEST_F(CspReportRoute, CountsViolationsByDirective) {
  EXPECT_EQ(Post("application/csp-report", Csp2("img-src", "https://evil.example/")), 204);
  EXPECT_EQ(Post("Application/Reports+JSON; charset=utf-8",
                 R"([{"type": "csp-violation", "body": {"effectiveDirective": "img-src"}}])"),
            204);
  EXPECT_TRUE(Shows(R"(obolus_csp_violations_total{directive="img-src"} 2)"));
  EXPECT_TRUE(Shows(R"(obolus_csp_reports_total{outcome="read"} 2)"));
  ASSERT_EQ(audit_.records.size(), 2U);
  EXPECT_EQ(audit_.records[0].kind, domain::AuditKind::kTamperSuspected);
}

TEST_F(CspReportRoute, TakesWhatItCannotReadWithoutAWord) {
  EXPECT_EQ(Post("application/csp-report", "{"), 204);
  EXPECT_TRUE(Shows(R"(obolus_csp_reports_total{outcome="malformed"} 1)"));
}

TEST_F(CspReportRoute, RefusesOtherTypesAndLargeBodies) {
  EXPECT_EQ(Post("application/json", "{}"), 415);
  EXPECT_EQ(Post("", "{}"), 415);
  EXPECT_EQ(Post("application/csp-report", std::string(16 * 1024 + 1, ' ')), 413);
}

TEST_F(CspReportRoute, ReadsSixtyBodiesAMinute) {
  const std::string report = Csp2("img-src", "https://evil.example/");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Post("application/csp-report", report), 204);
  EXPECT_TRUE(Shows(R"(obolus_csp_reports_total{outcome="read"} 60)"));
  EXPECT_TRUE(Shows(R"(obolus_csp_reports_total{outcome="dropped"} 40)"));
  clock_.Advance(base::Millis(60'000));
  EXPECT_EQ(Post("application/csp-report", report), 204);
  EXPECT_TRUE(Shows(R"(obolus_csp_reports_total{outcome="read"} 61)"));
}

}  // namespace
}  // namespace obolus::http
