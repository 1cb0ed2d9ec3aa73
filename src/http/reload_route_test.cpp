#include "http/reload_route.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "support/captured_answer.h"
#include "support/sequential_ids.h"

namespace obolus::http {
namespace {

TEST(ReloadRoute, AnswersWhatEachStepDidAndCountsThoseThatFailed) {
  base::Metrics metrics;
  testing::SequentialIds ids;
  Router router("operator", metrics, ids);
  std::string asked;
  AddReloadRoute(router, [&](std::string actor, ReloadDone done) {
    asked = std::move(actor);
    std::vector<ReloadOutcome> outcomes;
    outcomes.push_back({"commerce_tls", {}});
    outcomes.push_back({"api_keys", base::Fail(base::ErrorCode::kInvalid, "line 2 is no digest")});
    done(std::move(outcomes));
  });
  testing::CapturedAnswer answer;
  net::HttpRequest request;
  request.method = "POST";
  request.target = request.path = "/reload";
  router.Dispatch(std::move(request), answer.Responder());
  const auto response = answer.Take();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(asked, "operator");
  const auto body = base::ParseJson(response.body);
  ASSERT_TRUE(body);
  EXPECT_EQ(base::FindString(*body, "/steps/0/step"), "commerce_tls");
  EXPECT_EQ(base::FindString(*body, "/steps/1/error"), "line 2 is no digest");
  EXPECT_EQ(body->at("failed").as_int64(), 1);
}

TEST(ReloadRoute, SaysWhenNothingWasRun) {
  base::Metrics metrics;
  testing::SequentialIds ids;
  Router router("operator", metrics, ids);
  AddReloadRoute(router, [](const std::string&, ReloadDone done) {
    done(base::Fail(base::ErrorCode::kUnavailable, "stopping"));
  });
  testing::CapturedAnswer answer;
  net::HttpRequest request;
  request.method = "POST";
  request.target = request.path = "/reload";
  router.Dispatch(std::move(request), answer.Responder());
  EXPECT_EQ(answer.Take().status, 503);
}

}  // namespace
}  // namespace obolus::http
