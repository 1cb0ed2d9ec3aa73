#include "sandbox/obolus_timeline.h"

#include <gtest/gtest.h>

#include <atomic>

#include "net/test_server.h"
#include "sandbox/server.h"
#include "sandbox/test_obolus.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

// The sandbox beside an operator listener that knows every session, says `status` of it, and names
// it after what it was asked for.
class ObolusTimelineTest : public testing::Test {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.port = options.bridge_port = 0;
    options.commerce_url = obolus_.commerce_url();
    options.shopper_url = obolus_.shopper_url();
    options.operator_url = "http://127.0.0.1:" + std::to_string(operator_.port());
    options.api_key = "test-key";
    options.certificates = TestCertificates();
    auto started = Server::Start(options);
    ASSERT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
  }

  net::HttpResponse Call(std::string method, const std::string& path, std::string body = "") {
    net::Headers headers{{"x-api-key", "test-key"}, {"content-type", "application/json"}};
    return Fetch(*client_, {std::move(method), server_->url() + path.substr(1), std::move(headers),
                            std::move(body)})
        .value();
  }

  json::value NewPayment() {
    return base::ParseJson(
               Call("POST", "/payments", R"({"amount":4450,"currency_code":"EUR"})").body)
        .value();
  }

  static std::string Text(const json::value& value, std::string_view pointer) {
    return base::FindString(value, pointer).value_or("");
  }

  std::atomic<int> status_ = 200;
  TestObolus obolus_;
  net::TestServer operator_{[this](const net::HttpRequest& request, net::Responder responder) {
    responder.Send({status_, {}, base::ToText({{"asked", request.target}})});
  }};
  std::unique_ptr<net::HttpClient> client_ = TestClient("");
  std::unique_ptr<Server> server_;
};

TEST_F(ObolusTimelineTest, ShowsWhatObolusSaysOfThePaymentsSession) {
  const auto payment = NewPayment();
  const auto answer = Call("GET", "/control/timeline?payment=" + Text(payment, "/id"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body,
            R"({"sessions":[{"asked":"/sessions/)" + Text(payment, "/terminal_id") + R"("}]})");
}

TEST_F(ObolusTimelineTest, ShowsTheChallengeAfterTheCardSession) {
  Call("POST", "/control/acs", R"({"challenge":"pass","without_browser":true})");
  const auto payment = NewPayment();
  const auto created = obolus_.CardSessionCreated(Text(payment, "/terminal_id"), "3220");
  obolus_.Send(obolus_.Event(server_->bridge_url(), "CardSessionCreated", created));
  ASSERT_EQ(obolus_.Requests("/3ds/return/token", 1).size(), 1U);  // so the challenge is open
  const auto shown = base::ParseJson(Call("GET", "/payments/" + Text(payment, "/id")).body).value();
  const auto answer =
      base::ParseJson(Call("GET", "/control/timeline?payment=" + Text(payment, "/id")).body)
          .value();
  EXPECT_EQ(Text(answer, "/sessions/0/asked"), "/sessions/" + Text(shown, "/terminal_id"));
  EXPECT_EQ(Text(answer, "/sessions/1/asked"), "/sessions/" + Text(shown, "/tds_terminal_id"));
}

TEST_F(ObolusTimelineTest, LeavesOutWhatObolusDoesNotKnow) {
  const auto payment = NewPayment();
  status_ = 404;
  const auto answer = Call("GET", "/control/timeline?payment=" + Text(payment, "/id"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"sessions":[]})");
}

TEST_F(ObolusTimelineTest, SaysWhenThereIsNoSuchPaymentAndWhenObolusDoesNotAnswer) {
  EXPECT_EQ(Call("GET", "/control/timeline?payment=7").status, 404);
  const auto payment = NewPayment();
  status_ = 500;
  EXPECT_EQ(Call("GET", "/control/timeline?payment=" + Text(payment, "/id")).status, 503);
}

}  // namespace
}  // namespace obolus::sandbox
