#include "eventing/http_event_bridge.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "net/dev_certificates.h"
#include "net/test_folder.h"
#include "net/test_server.h"

namespace obolus::eventing {
namespace {

using app::Delivery;
using Outcome = app::Delivery::Outcome;

net::HttpResponse Answer(int status, net::Headers headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = {}};
}

TEST(JudgeAnswer, FollowsTheContract) {
  for (const int status : {200, 201, 202, 204, 299}) {
    EXPECT_EQ(Judge(Answer(status)).outcome, Outcome::kAccepted) << status;
    EXPECT_EQ(Judge(Answer(status)).error, "") << status;
  }
  for (const int status : {410, 415}) {
    EXPECT_EQ(Judge(Answer(status)).outcome, Outcome::kRefused) << status;
  }
  for (const int status : {301, 302, 307, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504}) {
    EXPECT_EQ(Judge(Answer(status)).outcome, Outcome::kRetry) << status;
    EXPECT_EQ(Judge(Answer(status)).error, "the bridge answered " + std::to_string(status));
  }
}

TEST(JudgeAnswer, HearsRetryAfterOnlyWhereItMeansSo) {
  for (const int status : {429, 503}) {
    const auto delivery = Judge(Answer(status, {{"Retry-After", "7"}}));
    EXPECT_EQ(delivery.outcome, Outcome::kRetryAfter);
    EXPECT_EQ(delivery.retry_after, base::Millis(7'000));
  }
  const auto other = Judge(Answer(500, {{"Retry-After", "7"}}));
  EXPECT_EQ(other.outcome, Outcome::kRetry);
  EXPECT_EQ(other.retry_after, std::nullopt);
}

TEST(JudgeAnswer, FallsBackToTheScheduleForARetryAfterThatIsNoNumber) {
  for (const char* value :
       {"", "soon", "-1", "7s", "Sun, 22 Nov 2026 20:00:00 GMT", "99999999999999999999999"}) {
    const auto delivery = Judge(Answer(503, {{"Retry-After", value}}));
    EXPECT_EQ(delivery.outcome, Outcome::kRetry) << value;
    EXPECT_EQ(delivery.retry_after, std::nullopt) << value;
  }
}

TEST(JudgeAnswer, BoundsARetryAfterThatIsAbsurd) {
  EXPECT_EQ(Judge(Answer(429, {{"Retry-After", "9000000000000"}})).retry_after,
            base::Millis(86'400'000));
}

TEST(JudgeAnswer, NoAnswerIsTriedAgain) {
  const auto delivery = Judge(base::Fail(base::ErrorCode::kTimeout, "no answer in time"));
  EXPECT_EQ(delivery.outcome, Outcome::kRetry);
  EXPECT_EQ(delivery.error, "no answer in time");
}

app::OutboxEvent SomeEvent() {
  app::OutboxEvent event;
  event.id = base::ParseUuid("019a0000-1111-4222-8333-444455556666").value();
  event.type = "CardSessionCreated";
  event.subject = "019a0000-1111-4222-8333-444455557777";
  event.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  event.request_id = "commerce-1";
  event.time = base::FromMillis(1'795'305'600'123);
  event.body = R"({"terminal_id": "019a0000", "n": 1.0})";
  return event;
}

class HttpEventBridgeTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new net::TestFolder;
    ASSERT_TRUE(net::MakeDevCertificates(folder_->path()));
  }
  static void TearDownTestSuite() { delete std::exchange(folder_, nullptr); }

  static std::string File(const std::string& name) { return folder_->path() / name; }

  // Asks for a client certificate, as Commerce's bridge does.
  static net::ServerOptions MutualTls() {
    return {.tls = net::ServerTls{.certificate_file = File("bridge-server.pem"),
                                  .key_file = File("bridge-server.key"),
                                  .client_ca_file = File("ca.pem"),
                                  .client_certificates = net::ClientCertificates::kRequired}};
  }
  static BridgeOptions Options(std::uint16_t port, const std::string& client = "obolus-client") {
    return {.url = "https://localhost:" + std::to_string(port) + "/events",
            .source = "urn:obolus:test",
            .client = {.tls = {.ca_file = File("ca.pem"),
                               .certificate_file = File(client + ".pem"),
                               .key_file = File(client + ".key")},
                       .timeout = base::Millis(5'000)}};
  }
  static Delivery Deliver(BridgeOptions options, const app::OutboxEvent& event = SomeEvent()) {
    auto bridge = HttpEventBridge::Make(std::move(options)).value();
    std::promise<Delivery> promise;
    auto delivered = promise.get_future();
    bridge->Deliver(event,
                    [&promise](Delivery delivery) { promise.set_value(std::move(delivery)); });
    return delivered.get();
  }

 private:
  static inline net::TestFolder* folder_ = nullptr;
};

TEST_F(HttpEventBridgeTest, SendsABinaryCloudEventOverMutualTls) {
  std::promise<net::HttpRequest> seen;
  net::TestServer server(
      [&seen](net::HttpRequest request, net::Responder responder) {
        seen.set_value(std::move(request));
        responder.Send(Answer(202));
      },
      MutualTls());
  EXPECT_EQ(Deliver(Options(server.port())).outcome, Outcome::kAccepted);
  const net::HttpRequest request = seen.get_future().get();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/events");
  EXPECT_EQ(request.body, SomeEvent().body) << "the frozen bytes";
  const net::Headers expected = {
      {"Content-Type", "application/json"},
      {"ce-specversion", "1.0"},
      {"ce-type", "CardSessionCreated"},
      {"ce-source", "urn:obolus:test"},
      {"ce-id", "019a0000-1111-4222-8333-444455556666"},
      {"ce-time", "2026-11-22T00:00:00.123Z"},
      {"ce-subject", "019a0000-1111-4222-8333-444455557777"},
      {"ce-traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
      {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
      {"X-Request-Id", "commerce-1"}};
  for (const auto& [name, value] : expected) {
    ASSERT_NE(request.headers.Find(name), nullptr) << name;
    EXPECT_EQ(*request.headers.Find(name), value);
    EXPECT_EQ(request.headers.Count(name), 1U) << name;
  }
  ASSERT_TRUE(request.peer.certificate);
  EXPECT_EQ(request.peer.certificate->subject_common_name, "obolus");
}

TEST_F(HttpEventBridgeTest, NeverFollowsARedirect) {
  std::atomic<int> requests = 0;
  net::TestServer server(
      [&requests](const net::HttpRequest&, net::Responder responder) {
        ++requests;
        responder.Send(Answer(307, {{"Location", "/elsewhere"}}));
      },
      MutualTls());
  EXPECT_EQ(Deliver(Options(server.port())).outcome, Outcome::kRetry);
  EXPECT_EQ(requests, 1);
}

TEST_F(HttpEventBridgeTest, TriesAgainAfterATimeOut) {
  std::vector<net::Responder> held;
  net::TestServer server(
      [&held](const net::HttpRequest&, net::Responder responder) {
        held.push_back(std::move(responder));
      },
      MutualTls());
  auto options = Options(server.port());
  options.client.timeout = base::Millis(300);
  const auto delivery = Deliver(std::move(options));
  EXPECT_EQ(delivery.outcome, Outcome::kRetry);
  EXPECT_NE(delivery.error, "");
}

TEST_F(HttpEventBridgeTest, TriesAgainWhenNobodyListens) {
  std::uint16_t port = 0;
  {
    const net::TestServer server;
    port = server.port();
  }
  EXPECT_EQ(Deliver(Options(port)).outcome, Outcome::kRetry);
}

TEST_F(HttpEventBridgeTest, SendsNothingToABridgeOfAnotherAuthority) {
  std::atomic<int> requests = 0;
  net::TestServer server(
      [&requests](const net::HttpRequest&, net::Responder responder) {
        ++requests;
        responder.Send(Answer(204));
      },
      MutualTls());
  auto options = Options(server.port());
  options.client.tls.ca_file = File("other-ca.pem");
  EXPECT_EQ(Deliver(std::move(options)).outcome, Outcome::kRetry);
  EXPECT_EQ(requests, 0);
}

TEST_F(HttpEventBridgeTest, IsTurnedAwayWithoutAKnownCertificate) {
  net::TestServer server(
      [](const net::HttpRequest&, net::Responder responder) { responder.Send(Answer(204)); },
      MutualTls());
  EXPECT_EQ(Deliver(Options(server.port(), "stranger-client")).outcome, Outcome::kRetry);
}

TEST_F(HttpEventBridgeTest, SaysThatAFileCannotBeRead) {
  auto options = Options(1);
  options.client.tls.ca_file = File("missing.pem");
  const auto bridge = HttpEventBridge::Make(std::move(options));
  ASSERT_FALSE(bridge);
  EXPECT_EQ(bridge.error().code, base::ErrorCode::kInvalid);
}

}  // namespace
}  // namespace obolus::eventing
