#include "http/operator_routes.h"

#include <gtest/gtest.h>

#include "support/app_stand.h"
#include "support/captured_answer.h"

namespace obolus::http {
namespace {

using testing::AppStand;
using testing::CapturedAnswer;

class OperatorStand {
 public:
  OperatorStand() {
    AddOperatorRoutes(router_, {.services = app.services,
                                .metrics = metrics_,
                                .stopping = stopping_,
                                .observe = [](const app::OutboxCounts&) {},
                                .wake_relay = [] {}});
  }

  net::HttpResponse Ask(const std::string& method, const std::string& path,
                        const std::string& query = "") {
    CapturedAnswer answer;
    net::HttpRequest request;
    request.method = method;
    request.target = query.empty() ? path : path + "?" + query;
    request.path = path;
    request.query = query;
    router_.Dispatch(std::move(request), answer.Responder());
    return answer.Take();
  }

  AppStand app;

 private:
  base::Metrics metrics_;
  std::atomic<bool> stopping_ = false;
  Router router_{"operator", metrics_, app.ids};
};

TEST(OperatorRoutes, ShowASessionWithItsTimeline) {
  OperatorStand stand;
  const auto payment = stand.app.OpenPayment();
  const auto challenge = stand.app.OpenTds(payment.session.terminal_id);
  ASSERT_TRUE(stand.app.Submit(payment.key));
  const auto answer = stand.Ask("GET", "/sessions/" + base::ToString(payment.session.id));
  EXPECT_EQ(answer.status, 200);
  const auto shown = base::ParseJson(answer.body).value();
  EXPECT_EQ(base::FindString(shown, "/state"), "created");
  EXPECT_EQ(base::FindString(shown, "/related_session_id"), base::ToString(challenge.session.id));
  EXPECT_EQ(base::FindString(shown, "/timeline/0/what"), "open");
  EXPECT_EQ(base::FindString(shown, "/timeline/1/what"), "accept");
  EXPECT_EQ(base::FindString(shown, "/timeline/2/what"), "event_pending");
  EXPECT_EQ(answer.body.find(payment.key), std::string::npos);
}

TEST(OperatorRoutes, CancelASessionForItsShopper) {
  OperatorStand stand;
  const auto payment = stand.app.OpenPayment();
  const std::string path = "/sessions/" + base::ToString(payment.session.terminal_id) + "/cancel";
  for (int times = 0; times < 2; ++times) {
    const auto answer = stand.Ask("POST", path);
    ASSERT_EQ(answer.status, 200) << answer.body;
    const auto shown = base::ParseJson(answer.body).value();
    EXPECT_EQ(base::FindString(shown, "/state"), "cancelled");
    EXPECT_EQ(base::FindString(shown, "/failure"), "CANCELLED_BY_SHOPPER");
    EXPECT_EQ(base::FindString(shown, "/timeline/1/what"), "cancel");
    EXPECT_EQ(base::FindString(shown, "/timeline/1/side"), "operator");
    EXPECT_EQ(base::FindString(shown, "/timeline/2/what"), "event_pending");
  }
  EXPECT_EQ(stand.app.EventTypes(payment.session.id),
            std::vector<std::string>{"CardSessionFailed"});
}

TEST(OperatorRoutes, CancelAChallengeByGivingItBackToCommerce) {
  OperatorStand stand;
  const auto challenge = stand.app.OpenTds();
  const auto answer =
      stand.Ask("POST", "/sessions/" + base::ToString(challenge.session.id) + "/cancel");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(base::FindString(base::ParseJson(answer.body).value(), "/state"), "returned");
  EXPECT_EQ(stand.app.EventTypes(challenge.session.id), std::vector<std::string>{"TDSResult"});
}

TEST(OperatorRoutes, DoNotCancelWhatHasAnOutcome) {
  OperatorStand stand;
  const auto payment = stand.app.OpenPayment();
  ASSERT_TRUE(stand.app.Submit(payment.key));
  const auto answer =
      stand.Ask("POST", "/sessions/" + base::ToString(payment.session.id) + "/cancel");
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(stand.app.Timeline(payment.session.id).size(), 1U);
  EXPECT_EQ(stand.app.Session(payment.session.id).state, domain::SessionState::kCreated);
}

TEST(OperatorRoutes, SayThatThereIsNoSuchSession) {
  OperatorStand stand;
  for (const char* id : {"019a0000-1111-4222-8333-444455556666", "7"}) {
    EXPECT_EQ(stand.Ask("GET", std::string("/sessions/") + id).status, 404) << id;
    EXPECT_EQ(stand.Ask("POST", std::string("/sessions/") + id + "/cancel").status, 404) << id;
  }
}

}  // namespace
}  // namespace obolus::http
