#include "http/router.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/trace.h"
#include "support/captured_answer.h"
#include "support/sequential_ids.h"

namespace obolus::http {
namespace {

class RouterTest : public ::testing::Test {
 protected:
  // Answers 200 with the pattern and the parameters; what it was given is in `seen_`.
  void Add(std::string method, std::string pattern, std::size_t max_body_bytes = 64) {
    router_.Add({.method = std::move(method),
                 .pattern = pattern,
                 .handler =
                     [this, pattern](Exchange exchange) {
                       std::string text = pattern;
                       for (const auto& [name, value] : exchange.parameters) {
                         text.append(" ").append(name).append("=").append(value);
                       }
                       seen_request_id_ = exchange.request_id;
                       seen_traceparent_ = exchange.traceparent;
                       exchange.Answer({.status = 200, .headers = {}, .body = text});
                     },
                 .max_body_bytes = max_body_bytes});
  }

  net::HttpResponse Send(std::string method, std::string path, net::Headers headers = {},
                         std::string body = "") {
    testing::CapturedAnswer answer;
    router_.Dispatch({.method = std::move(method),
                      .target = path,
                      .path = path,
                      .headers = std::move(headers),
                      .body = std::move(body)},
                     answer.Responder());
    return answer.Take();
  }

  testing::SequentialIds ids_;
  base::Metrics metrics_;
  Router router_{"shopper", metrics_, ids_};
  std::string seen_request_id_;
  std::string seen_traceparent_;
};

TEST_F(RouterTest, FindsARouteAndItsParameters) {
  Add("GET", "/sessions/{session_key}/events/{id}");
  EXPECT_EQ(Send("GET", "/sessions/a%20b/events/7").body,
            "/sessions/{session_key}/events/{id} session_key=a b id=7");
}

TEST_F(RouterTest, EveryAnswerHasTheHeadersOfAllUnlessItHasItsOwn) {
  router_.AddHeader("Content-Security-Policy", "default-src 'none'");
  router_.Add({.method = "GET", .pattern = "/page", .handler = [](Exchange exchange) {
                 exchange.Answer({.status = 200,
                                  .headers = {{"content-security-policy", "script-src 'self'"}},
                                  .body = {}});
               }});
  Add("GET", "/plain");
  const auto policies = [](const net::HttpResponse& response) {
    return std::pair(response.headers.Count("Content-Security-Policy"),
                     *response.headers.Find("Content-Security-Policy"));
  };
  const std::pair<std::size_t, std::string> usual{1, "default-src 'none'"};
  EXPECT_EQ(policies(Send("GET", "/page")),
            std::pair(std::size_t{1}, std::string("script-src 'self'")));
  EXPECT_EQ(policies(Send("GET", "/plain")), usual);
  EXPECT_EQ(policies(Send("POST", "/plain")), usual);
  EXPECT_EQ(policies(Send("GET", "/nowhere")), usual);
  net::HttpResponse refusal{.status = 400, .headers = {}, .body = {}};
  router_.Complete(refusal);
  EXPECT_EQ(policies(refusal), usual);
}

TEST_F(RouterTest, PrefersExactSegmentsWhateverTheOrder) {
  Add("GET", "/frame/v1/{session_key}");
  Add("GET", "/frame/v1/card.js");
  EXPECT_EQ(Send("GET", "/frame/v1/card.js").body, "/frame/v1/card.js");
  EXPECT_EQ(Send("GET", "/frame/v1/pay_x").body, "/frame/v1/{session_key} session_key=pay_x");
}

TEST_F(RouterTest, AnswersWhatItDoesNotKnowWithNotFound) {
  Add("GET", "/sessions/{session_key}");
  for (const char* path : {"/", "", "/sessions", "/sessions/", "/sessions/a/b", "/sessions/a/",
                           "/other", "/sessions/%zz", "/SESSIONS/a", "//sessions/a"}) {
    const auto response = Send("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(*response.headers.Find("Content-Type"), "application/problem+json");
  }
}

TEST_F(RouterTest, AnEncodedSlashStaysWithinItsSegment) {
  Add("GET", "/sessions/{session_key}");
  EXPECT_EQ(Send("GET", "/sessions/a%2Fb").body, "/sessions/{session_key} session_key=a/b");
}

TEST_F(RouterTest, SaysWhichMethodsAPathTakes) {
  Add("GET", "/sessions/{session_key}");
  Add("POST", "/sessions/{session_key}");
  const auto response = Send("DELETE", "/sessions/a");
  EXPECT_EQ(response.status, 405);
  ASSERT_NE(response.headers.Find("Allow"), nullptr);
  EXPECT_EQ(*response.headers.Find("Allow"), "GET, HEAD, POST");
}

TEST_F(RouterTest, ServesHeadWithGet) {
  Add("GET", "/healthz");
  EXPECT_EQ(Send("HEAD", "/healthz").status, 200);
  Add("POST", "/sessions");
  EXPECT_EQ(Send("HEAD", "/sessions").status, 405);
}

TEST_F(RouterTest, RefusesABodyThatIsTooLongForItsRoute) {
  Add("POST", "/small", 4);
  EXPECT_EQ(Send("POST", "/small", {}, "1234").status, 200);
  EXPECT_EQ(Send("POST", "/small", {}, "12345").status, 413);
}

TEST_F(RouterTest, AsksItsGuardsInOrderUntilOneRefuses) {
  Add("GET", "/sessions");
  std::string asked;
  router_.AddGuard([&asked](Exchange&) {
    asked += "a";
    return true;
  });
  router_.AddGuard([&asked](Exchange& exchange) {
    asked += "b";
    exchange.Refuse({base::ErrorCode::kForbidden, "no", {}, std::nullopt});
    return false;
  });
  router_.AddGuard([&asked](Exchange&) {
    asked += "c";
    return true;
  });
  EXPECT_EQ(Send("GET", "/sessions").status, 403);
  EXPECT_EQ(asked, "ab");
  EXPECT_EQ(Send("GET", "/unknown").status, 404);
  EXPECT_EQ(asked, "ab") << "a path that is not there needs no guard";
}

TEST_F(RouterTest, GuardsComeBeforeTheLengthOfTheBody) {
  Add("POST", "/small", 4);
  router_.AddGuard([](Exchange& exchange) {
    exchange.Refuse({base::ErrorCode::kUnauthorized, "no", {}, std::nullopt});
    return false;
  });
  EXPECT_EQ(Send("POST", "/small", {}, "12345").status, 401);
}

TEST_F(RouterTest, KeepsARequestIdThatIsHarmless) {
  Add("GET", "/a");
  const auto response = Send("GET", "/a", {{"X-Request-Id", "Commerce-1.2_3"}});
  EXPECT_EQ(seen_request_id_, "Commerce-1.2_3");
  EXPECT_EQ(*response.headers.Find("X-Request-Id"), "Commerce-1.2_3");
}

TEST_F(RouterTest, ReplacesARequestIdThatIsNot) {
  Add("GET", "/a");
  for (const std::string& id :
       {std::string(), std::string("a b"), std::string("\"><script>"), std::string(65, 'a')}) {
    const auto response = Send("GET", "/a", {{"X-Request-Id", id}});
    EXPECT_TRUE(base::ParseUuid(seen_request_id_)) << id;
    EXPECT_EQ(*response.headers.Find("X-Request-Id"), seen_request_id_);
  }
}

TEST_F(RouterTest, AProblemNamesItsRequest) {
  const auto response = Send("GET", "/unknown", {{"X-Request-Id", "r-1"}});
  EXPECT_EQ(base::ParseJson(response.body).value().at("instance").as_string(), "urn:request:r-1");
}

TEST_F(RouterTest, KeepsATraceOrBeginsOne) {
  Add("GET", "/a");
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  Send("GET", "/a", {{"traceparent", trace}});
  EXPECT_EQ(seen_traceparent_, trace);
  Send("GET", "/a", {{"traceparent", "00-nonsense"}});
  EXPECT_TRUE(base::ParseTraceParent(seen_traceparent_));
}

TEST_F(RouterTest, CountsRequestsByRouteAndNeverByPath) {
  Add("GET", "/sessions/{session_key}");
  Send("GET", "/sessions/pay_secret");
  Send("GET", "/unknown/pay_secret");
  const std::string text = metrics_.Expose();
  EXPECT_NE(text.find("route=\"GET /sessions/{session_key}\""), std::string::npos);
  EXPECT_NE(text.find("status=\"4xx\"} 1"), std::string::npos);
  EXPECT_EQ(text.find("pay_secret"), std::string::npos);
}

}  // namespace
}  // namespace obolus::http
