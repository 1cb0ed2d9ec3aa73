#include "sandbox/server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "sandbox/test_obolus.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

constexpr std::string_view kKey = "test-key";

// The whole sandbox on real sockets, against a stand-in for Obolus.
class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.port = options.bridge_port = 0;
    options.commerce_url = obolus_.commerce_url();
    options.shopper_url = obolus_.shopper_url();
    options.api_key = kKey;
    options.certificates = TestCertificates();
    auto started = Server::Start(options);
    ASSERT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
  }

  net::HttpResponse Call(std::string method, const std::string& path, std::string body = "",
                         net::Headers headers = {}) {
    headers.Add("x-api-key", std::string(kKey));
    if (!body.empty()) headers.Add("content-type", "application/json");
    auto answer = Fetch(*client_, {std::move(method), server_->url() + path.substr(1),
                                   std::move(headers), std::move(body)});
    EXPECT_TRUE(answer) << path;
    return answer ? *answer : net::HttpResponse{};
  }

  static json::object Json(const net::HttpResponse& answer) {
    auto value = base::ParseJson(answer.body, {.max_bytes = 1 << 20, .max_depth = 32});
    EXPECT_TRUE(value && value->is_object()) << answer.body;
    return value && value->is_object() ? value->as_object() : json::object();
  }

  json::object NewPayment(std::string_view more = "") {
    auto answer = Call("POST", "/payments",
                       R"({"amount":4450,"currency_code":"EUR")" + std::string(more) + "}");
    EXPECT_EQ(answer.status, 201) << answer.body;
    return Json(answer);
  }

  static std::string Text(const json::object& object, std::string_view pointer) {
    return base::FindString(json::value(object), pointer).value_or("");
  }

  // The payment's status once it is `wanted`, or what it is after 5 s.
  std::string StatusOf(const json::object& payment, std::string_view wanted) {
    std::string status;
    for (int i = 0; i < 250; ++i) {
      status = Text(Json(Call("GET", "/payments/" + Text(payment, "/id"))), "/status");
      if (status == wanted) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return status;
  }

  int Send(const std::string& type, const json::object& data) {
    return obolus_.Send(obolus_.Event(server_->bridge_url(), type, data));
  }

  std::int64_t Reported(std::string_view pointer) {
    auto report = json::value(Json(Call("GET", "/control/report")));
    const auto* value = base::FindPointer(report, pointer);
    return value && value->is_int64() ? value->as_int64() : -1;
  }

  TestObolus obolus_;
  std::unique_ptr<net::HttpClient> client_ = TestClient("");
  std::unique_ptr<Server> server_;
};

TEST_F(SandboxTest, APaymentAsksForACardAndCompletesWhenItComes) {
  auto payment = NewPayment();
  EXPECT_EQ(Text(payment, "/processing/requirement/options/0/session_key"), "pay_key");
  const std::string terminal = Text(payment, "/terminal_id");
  EXPECT_EQ(Send("CardSessionCreated", obolus_.CardSessionCreated(terminal, "4242")), 204);
  EXPECT_EQ(StatusOf(payment, "COMPLETED"), "COMPLETED");
  auto events = obolus_.Requests("/events", 3);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_NE(events[0].body.find("accepted"), std::string::npos);
  EXPECT_NE(events[1].body.find("authorized"), std::string::npos);
  EXPECT_NE(events[2].body.find("completed"), std::string::npos);
  EXPECT_EQ(*events[2].headers.Find("ce-subject"), terminal);
  EXPECT_EQ(events[2].peer.certificate->subject_common_name, "commerce");
}

TEST_F(SandboxTest, AChallengeThatIsScriptedEndsWithoutABrowser) {
  EXPECT_EQ(Call("POST", "/control/acs", R"({"challenge":"fail","without_browser":true})").status,
            204);
  auto payment = NewPayment();
  Send("CardSessionCreated", obolus_.CardSessionCreated(Text(payment, "/terminal_id"), "3220"));
  auto returns = obolus_.Requests("/3ds/return/token", 1);
  ASSERT_EQ(returns.size(), 1U);
  EXPECT_TRUE(returns[0].body.starts_with("cres="));
  auto shown = Json(Call("GET", "/payments/" + Text(payment, "/id")));
  EXPECT_EQ(Text(shown, "/processing/requirement/action"), "REDIRECT");
  EXPECT_EQ(Send("TDSResult", {{"tds_terminal_id", Text(shown, "/tds_terminal_id")}}), 204);
  EXPECT_EQ(StatusOf(payment, "FAILED"), "FAILED");
  auto events = obolus_.Requests("/events", 3);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(*events[1].headers.Find("ce-type"), "CompleteTDSSession");
  EXPECT_NE(events[1].body.find("FAILED"), std::string::npos);
}

TEST_F(SandboxTest, ABehaviourByNameIsPlayedWithoutABrowser) {
  Call("POST", "/control/acs", R"({"behaviour":"cres-twice","without_browser":true})");
  auto payment = NewPayment();
  Send("CardSessionCreated", obolus_.CardSessionCreated(Text(payment, "/terminal_id"), "3220"));
  auto returns = obolus_.Requests("/3ds/return/token", 2);
  ASSERT_EQ(returns.size(), 2U);
  EXPECT_EQ(returns[0].body, returns[1].body);
  auto shown = Json(Call("GET", "/payments/" + Text(payment, "/id")));
  Send("TDSResult", {{"tds_terminal_id", Text(shown, "/tds_terminal_id")}});
  EXPECT_EQ(StatusOf(payment, "COMPLETED"), "COMPLETED");
}

TEST_F(SandboxTest, ABehaviourMayHaveCommerceVoidBeforeTheCResComes) {
  Call("POST", "/control/acs", R"({"behaviour":"after-void","without_browser":true})");
  auto payment = NewPayment();
  Send("CardSessionCreated", obolus_.CardSessionCreated(Text(payment, "/terminal_id"), "3220"));
  ASSERT_EQ(obolus_.Requests("/3ds/return/token", 1).size(), 1U);
  EXPECT_EQ(StatusOf(payment, "VOIDED"), "VOIDED");
  auto events = obolus_.Requests("/events", 2);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(*events[1].headers.Find("ce-type"), "SessionVoided");
}

TEST_F(SandboxTest, AnObolusThatIsDownIsAskedAgainWithTheSameKeyAndBytes) {
  obolus_.FailNext(2, 503);
  NewPayment();
  auto asked = obolus_.Requests("/sessions", 3);
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[0].body, asked[2].body);
  EXPECT_EQ(*asked[0].headers.Find("idempotency-key"), *asked[2].headers.Find("idempotency-key"));
  EXPECT_NE(asked[0].headers.Find("traceparent"), nullptr);
}

TEST_F(SandboxTest, ASessionThatObolusRefusesFailsThePaymentWithAReason) {
  obolus_.FailNext(1, 422);
  auto payment = NewPayment();
  EXPECT_EQ(Text(payment, "/status"), "FAILED");
  EXPECT_EQ(Text(payment, "/failure_reasons/0/classifier"), "CHECKOUT_UNAVAILABLE");
}

TEST_F(SandboxTest, TheBridgeWantsTheCertificateOfObolus) {
  auto event = obolus_.Event(server_->bridge_url(), "TDSResult", json::object());
  EXPECT_FALSE(Fetch(*TestClient(""), event));
  EXPECT_FALSE(Fetch(*TestClient("stranger-client"), event));
  auto commerce = Fetch(*TestClient("commerce-client"), event);
  ASSERT_TRUE(commerce);
  EXPECT_EQ(commerce->status, 403);
}

TEST_F(SandboxTest, TheBridgeAnswersTheReasonWhenAnEventIsWrong) {
  auto answer = Fetch(*TestClient("obolus-client"),
                      obolus_.Event(server_->bridge_url(), "TDSResult", json::object()));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 400);
  EXPECT_NE(answer->body.find("tds_terminal_id"), std::string::npos);
  EXPECT_EQ(Reported("/violation_count"), 1);
}

TEST_F(SandboxTest, TheBridgePlaysItsScriptAndThenTakesTheEventOnce) {
  auto payment = NewPayment();
  auto event = obolus_.Event(server_->bridge_url(), "CardSessionCreated",
                             obolus_.CardSessionCreated(Text(payment, "/terminal_id"), "4242"));
  Call("POST", "/control/bridge", R"({"answer":503,"times":2})");
  EXPECT_EQ(obolus_.Send(event), 503);
  EXPECT_EQ(obolus_.Send(event), 503);
  // Twice: libcurl itself asks again when a connection that it used before ends without an answer.
  Call("POST", "/control/bridge", R"({"reset":true,"times":2})");
  EXPECT_EQ(obolus_.Send(event), 0);
  EXPECT_EQ(StatusOf(payment, "ACCEPTED"), "ACCEPTED");
  EXPECT_EQ(obolus_.Send(event), 204);
  EXPECT_EQ(obolus_.Send(event), 204);
  EXPECT_EQ(StatusOf(payment, "COMPLETED"), "COMPLETED");
  EXPECT_EQ(Reported("/events/attempts"), 6);
  EXPECT_EQ(Reported("/events/accepted"), 1);
  EXPECT_EQ(Reported("/events/duplicates"), 1);
  EXPECT_EQ(Reported("/violation_count"), 0);
}

TEST_F(SandboxTest, AnAcknowledgementCanBeLostOnItsWay) {
  auto payment = NewPayment();
  Call("POST", "/control/bridge", R"({"answer":503,"times":1,"apply":true,"retry_after":1})");
  auto event = obolus_.Event(server_->bridge_url(), "CardSessionCreated",
                             obolus_.CardSessionCreated(Text(payment, "/terminal_id"), "4242"));
  EXPECT_EQ(obolus_.Send(event), 503);
  EXPECT_EQ(StatusOf(payment, "COMPLETED"), "COMPLETED");
  EXPECT_EQ(obolus_.Send(event), 204);
  EXPECT_EQ(Reported("/events/duplicates"), 1);
}

TEST_F(SandboxTest, AnEventCreatedAfterTheVoidWasAcknowledgedIsAViolation) {
  auto payment = NewPayment();
  EXPECT_EQ(Call("POST", "/payments/" + Text(payment, "/id") + "/void").status, 200);
  EXPECT_EQ(Call("POST", "/payments/" + Text(payment, "/id") + "/void").status, 409);
  ASSERT_EQ(obolus_.Requests("/events", 1).size(), 1U);
  while (Reported("/outbound/delivered") != 1) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  Send("CardSessionCreated", obolus_.CardSessionCreated(Text(payment, "/terminal_id"), "4242"));
  EXPECT_EQ(Reported("/violation_count"), 1);
  EXPECT_EQ(StatusOf(payment, "VOIDED"), "VOIDED");
}

TEST_F(SandboxTest, TheSameIdempotencyKeyGivesTheSamePayment) {
  const std::string body = R"({"amount":100,"currency_code":"EUR"})";
  const net::Headers key{{"x-idempotency-key", "k1"}};
  auto first = Call("POST", "/payments", body, key);
  auto second = Call("POST", "/payments", body, key);
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(first.body, second.body);
  EXPECT_EQ(Call("POST", "/payments", R"({"amount":101,"currency_code":"EUR"})", key).status, 422);
  EXPECT_EQ(Reported("/payments/total"), 1);
}

TEST_F(SandboxTest, ThePaymentsApiWantsItsKeyAndListsNewestFirst) {
  auto anonymous = Fetch(*client_, {"GET", server_->url() + "payments", {}, ""});
  ASSERT_TRUE(anonymous);
  EXPECT_EQ(anonymous->status, 401);
  NewPayment();
  auto last = NewPayment();
  auto list = Json(Call("GET", "/payments?limit=1&page=1"));
  ASSERT_EQ(list.at("data").as_array().size(), 1U);
  EXPECT_EQ(Text(list, "/data/0/id"), Text(last, "/id"));
  EXPECT_EQ(Call("GET", "/payments/none").status, 404);
}

TEST_F(SandboxTest, AnyEventCanBeSentToObolus) {
  auto sent = Json(Call("POST", "/control/event",
                        R"({"type":"StateChanged","data":{"state":"failed"},"subject":"s",
                            "mode":"structured"})"));
  EXPECT_EQ(sent.at("status").as_int64(), 204);
  auto events = obolus_.Requests("/events", 1);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(*events[0].headers.Find("content-type"), "application/cloudevents+json");
  EXPECT_NE(events[0].body.find(R"("subject":"s")"), std::string::npos);
}

TEST_F(SandboxTest, TheJournalShowsBothDirectionsAndHidesTheKey) {
  auto payment = NewPayment();
  auto log = Call("GET", "/control/log?payment=" + Text(payment, "/id"));
  EXPECT_NE(log.body.find("POST /sessions"), std::string::npos);
  EXPECT_NE(log.body.find("POST /payments"), std::string::npos);
  EXPECT_EQ(log.body.find(kKey), std::string::npos);
  EXPECT_EQ(Call("POST", "/control/reset", "{}").status, 204);
  const auto empty = base::ParseJson(Call("GET", "/control/log").body).value();
  EXPECT_TRUE(empty.at("entries").as_array().empty());
  EXPECT_GT(empty.at("last").as_int64(), 0) << "numbers go on, so that a tail misses nothing";
}

TEST_F(SandboxTest, TheAcsShowsItsChallengeAndPostsTheChoiceBack) {
  auto payment = NewPayment();
  Send("CardSessionCreated", obolus_.CardSessionCreated(Text(payment, "/terminal_id"), "3220"));
  auto opened = obolus_.Requests("/sessions", 2);
  ASSERT_EQ(opened.size(), 2U);
  auto body = base::ParseJson(opened[1].body).value();
  const std::string creq = base::FindString(body, "/challenge/creq").value();
  auto page = Fetch(*client_, {"POST", server_->url() + "acs/challenge", {}, "creq=" + creq});
  ASSERT_TRUE(page);
  EXPECT_NE(page->body.find("44.50 EUR"), std::string::npos);
  const std::string mark = "name=\"acs_trans_id\" value=\"";
  const std::string id = page->body.substr(page->body.find(mark) + mark.size(), 36);
  auto back = Fetch(*client_,
                    {"POST", server_->url() + "acs/decide", {}, "choice=pass&acs_trans_id=" + id});
  ASSERT_TRUE(back);
  EXPECT_NE(back->body.find("/3ds/return/token"), std::string::npos);
  auto wrong = Fetch(*client_, {"POST", server_->url() + "acs/challenge", {}, "creq=x"});
  EXPECT_EQ(wrong->status, 400);
}

TEST(SandboxServer, SaysWhatIsWrongWithItsOptions) {
  ServerOptions options;
  options.commerce_url = "ftp://x";
  EXPECT_NE(Server::Start(options).error().message.find("--commerce-url"), std::string::npos);
  options = {};
  options.certificates = "no-such-folder";
  EXPECT_EQ(Server::Start(options).error().code, base::ErrorCode::kInvalid);
}

}  // namespace
}  // namespace obolus::sandbox
