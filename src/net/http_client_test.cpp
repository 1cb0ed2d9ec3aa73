#include "net/http_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/ip_address.h"
#include "net/test_server.h"
#include "net/test_socket.h"

namespace obolus::net {
namespace {

using base::ErrorCode;
using base::Millis;

std::string Url(std::uint16_t port, const std::string& path = "/x") {
  return "http://127.0.0.1:" + std::to_string(port) + path;
}

std::unique_ptr<HttpClient> MakeClient(ClientOptions options = {}) {
  auto client = HttpClient::Make(std::move(options));
  EXPECT_TRUE(client.has_value());
  return client ? std::move(*client) : nullptr;
}

base::Result<HttpResponse> Exchange(HttpClient& client, ClientRequest request) {
  std::promise<base::Result<HttpResponse>> promise;
  auto answer = promise.get_future();
  client.Send(std::move(request),
              [&](base::Result<HttpResponse> result) { promise.set_value(std::move(result)); });
  return answer.get();
}

ErrorCode CodeOf(const base::Result<HttpResponse>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? ErrorCode::kInternal : result.error().code;
}

TEST(HttpClient, SendsMethodHeadersAndBodyAndGivesTheAnswer) {
  HttpRequest seen;
  TestServer server([&](HttpRequest request, Responder responder) {
    seen = std::move(request);
    responder.Send({.status = 202, .headers = {{"Retry-After", " 7 "}}, .body = "later"});
  });
  const auto client = MakeClient();
  const auto result = Exchange(*client, {.url = Url(server.port(), "/events?a=b"),
                                         .headers = {{"ce-id", "1"}, {"x-empty", ""}},
                                         .body = "hello"});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->status, 202);
  EXPECT_EQ(*result->headers.Find("retry-after"), "7");
  EXPECT_EQ(result->body, "later");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/events?a=b");
  EXPECT_EQ(seen.body, "hello");
  EXPECT_EQ(*seen.headers.Find("ce-id"), "1");
  EXPECT_EQ(*seen.headers.Find("x-empty"), "");
  EXPECT_EQ(seen.headers.Find("expect"), nullptr);
  EXPECT_EQ(seen.headers.Find("content-type"), nullptr);
}

TEST(HttpClient, EveryMethodArrivesAsItIs) {
  TestServer server;
  const auto client = MakeClient();
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    const auto result = Exchange(*client, {.method = method, .url = Url(server.port())});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->body, std::string(method) + " /x? ");
  }
  const auto head = Exchange(*client, {.method = "HEAD", .url = Url(server.port())});
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(*head->headers.Find("content-length"), "9");
}

TEST(HttpClient, AnyStatusIsASuccessAndRedirectsAreNotFollowed) {
  std::atomic<int> count{0};
  TestServer server([&](HttpRequest request, Responder responder) {
    ++count;
    const int status = std::stoi(request.path.substr(1));
    responder.Send({.status = status, .headers = {{"Location", "/200"}}});
  });
  const auto client = MakeClient();
  for (const int status : {204, 302, 307, 404, 500, 503}) {
    const auto result =
        Exchange(*client, {.url = Url(server.port(), "/" + std::to_string(status)), .body = "b"});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->status, status);
  }
  EXPECT_EQ(count, 6);
}

TEST(HttpClient, ReusesItsConnections) {
  // The server takes one connection in its life: a second would be closed at once.
  TestServer server(AnswerEcho, {.limits = {.max_connections = 1}});
  const auto client = MakeClient();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Exchange(*client, {.url = Url(server.port())}));
}

TEST(HttpClient, MoreExchangesThanConnectionsWaitTheirTurn) {
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  std::mutex mutex;
  std::vector<std::jthread> threads;
  TestServer server([&](HttpRequest request, Responder responder) {
    most = std::max<int>(most, ++at_once);
    const std::lock_guard lock(mutex);
    threads.emplace_back(
        [&, request = std::move(request), responder = std::move(responder)]() mutable {
          std::this_thread::sleep_for(Millis(2));
          --at_once;
          responder.Send(Echo(request));
        });
  });
  std::atomic<int> answered{0};
  std::promise<void> all;
  const auto client = MakeClient({.max_connections = 4});
  for (int i = 0; i < 100; ++i) {
    client->Send({.url = Url(server.port()), .body = std::to_string(i)},
                 [&, i](const base::Result<HttpResponse>& result) {
                   EXPECT_TRUE(result && result->body == "POST /x? " + std::to_string(i));
                   if (++answered == 100) all.set_value();
                 });
  }
  all.get_future().wait();
  EXPECT_LE(most, 4);
  EXPECT_GE(most, 2);
}

TEST(HttpClient, ARefusedConnectionIsUnavailable) {
  std::uint16_t port = 0;
  {
    const TestServer server;
    port = server.port();
  }
  EXPECT_EQ(CodeOf(Exchange(*MakeClient(), {.url = Url(port)})), ErrorCode::kUnavailable);
}

TEST(HttpClient, AConnectionThatEndsBeforeTheAnswerIsUnavailableAndSentOnce) {
  std::atomic<int> count{0};
  std::promise<Responder> given;
  auto server = std::make_unique<TestServer>([&](HttpRequest, Responder responder) {
    if (++count == 1) given.set_value(std::move(responder));
  });
  const auto client = MakeClient();
  std::promise<ErrorCode> failed;
  client->Send({.url = Url(server->port()), .body = "b"},
               [&](const base::Result<HttpResponse>& result) { failed.set_value(CodeOf(result)); });
  const Responder responder = given.get_future().get();
  server->http.reset();
  EXPECT_EQ(failed.get_future().get(), ErrorCode::kUnavailable);
  EXPECT_EQ(count, 1);
}

TEST(HttpClient, AnAnswerThatDoesNotComeInTimeIsATimeout) {
  std::promise<Responder> given;
  TestServer server(
      [&](HttpRequest, Responder responder) { given.set_value(std::move(responder)); });
  const auto client = MakeClient({.timeout = Millis(100)});
  EXPECT_EQ(CodeOf(Exchange(*client, {.url = Url(server.port())})), ErrorCode::kTimeout);
  EXPECT_TRUE(given.get_future().valid());
}

TEST(HttpClient, AResponseThatIsTooLargeIsCutOff) {
  TestServer server([](HttpRequest request, Responder responder) {
    const std::size_t size = std::stoul(request.path.substr(1));
    responder.Send({.body = std::string(size, 'b')});
  });
  const auto client = MakeClient({.max_response_bytes = 1000});
  const auto fits = Exchange(*client, {.url = Url(server.port(), "/1000")});
  ASSERT_TRUE(fits);
  EXPECT_EQ(fits->body.size(), 1000u);
  EXPECT_EQ(CodeOf(Exchange(*client, {.url = Url(server.port(), "/1001")})), ErrorCode::kTooLarge);
  EXPECT_EQ(CodeOf(Exchange(*client, {.url = Url(server.port(), "/900000")})),
            ErrorCode::kTooLarge);
}

TEST(HttpClient, AHeaderThatIsTooLargeIsCutOffToo) {
  TestServer server([](HttpRequest, Responder responder) {
    responder.Send({.headers = {{"A", std::string(600, 'a')}, {"B", std::string(600, 'b')}}});
  });
  const auto client = MakeClient({.max_response_bytes = 1000});
  EXPECT_EQ(CodeOf(Exchange(*client, {.url = Url(server.port())})), ErrorCode::kTooLarge);
}

TEST(HttpClient, OnlyHttpUrlsAndHeadersWithoutLineBreaksAreSent) {
  std::atomic<int> count{0};
  TestServer server([&](HttpRequest request, Responder responder) {
    ++count;
    AnswerEcho(std::move(request), std::move(responder));
  });
  const auto client = MakeClient();
  for (const char* url :
       {"", "nonsense://x", "file:///etc/passwd", "ftp://127.0.0.1/x", "http://"}) {
    EXPECT_EQ(CodeOf(Exchange(*client, {.url = url})), ErrorCode::kInvalid) << url;
  }
  EXPECT_EQ(CodeOf(Exchange(*client, {.url = Url(server.port()), .headers = {{"a", "b\r\nc: d"}}})),
            ErrorCode::kInvalid);
  EXPECT_EQ(count, 0);
}

TEST(HttpClient, LoopbackNeverGoesThroughAProxy) {
  TestServer server;
  setenv("http_proxy", "http://127.0.0.1:9", 1);
  const auto result = Exchange(*MakeClient(), {.url = Url(server.port())});
  unsetenv("http_proxy");
  EXPECT_TRUE(result) << result.error().message;
}

TEST(HttpClient, AClientThatGoesEndsItsExchanges) {
  std::promise<Responder> given;
  TestServer server(
      [&](HttpRequest, Responder responder) { given.set_value(std::move(responder)); });
  auto client = MakeClient();
  std::promise<ErrorCode> failed;
  client->Send({.url = Url(server.port())},
               [&](const base::Result<HttpResponse>& result) { failed.set_value(CodeOf(result)); });
  const Responder responder = given.get_future().get();
  client.reset();
  EXPECT_EQ(failed.get_future().get(), ErrorCode::kUnavailable);
}

TEST(HttpClient, ADoneMaySendTheNext) {
  TestServer server;
  std::promise<int> sent;
  const auto client = MakeClient();
  int count = 0;
  std::function<void()> next = [&] {
    client->Send({.url = Url(server.port())}, [&](const base::Result<HttpResponse>& result) {
      if (!result || ++count == 10) return sent.set_value(count);
      next();
    });
  };
  next();
  EXPECT_EQ(sent.get_future().get(), 10);
}

// A name that says one address to whoever checks and another to whoever connects (DNS rebinding)
// gains nothing: what is asked about is the address that is connected to.
TEST(HttpClient, AnAddressThatIsRefusedIsNotConnectedTo) {
  std::atomic<int> served = 0;
  TestServer server([&](HttpRequest, Responder responder) {
    ++served;
    responder.Send({});
  });
  std::vector<std::string> asked;
  const std::string name = "processor.example:" + std::to_string(server.port());
  const auto client = MakeClient({.direct = true,
                                  .may_connect = [&](const sockaddr& address) -> base::Status {
                                    asked.push_back(ToText(address));
                                    return base::Fail(ErrorCode::kForbidden, "leads inside");
                                  },
                                  .resolve = {name + ":127.0.0.1"}});
  const auto result = Exchange(*client, {.url = "http://" + name + "/"});
  EXPECT_EQ(CodeOf(result), ErrorCode::kForbidden);
  EXPECT_EQ(result.error().message, "leads inside");
  EXPECT_EQ(asked, std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(served, 0);
}

TEST(HttpClient, AnAddressThatIsAllowedIsConnectedToUnderItsName) {
  std::string host;
  TestServer server([&](HttpRequest request, Responder responder) {
    host = *request.headers.Find("Host");
    responder.Send({});
  });
  const std::string name = "processor.example:" + std::to_string(server.port());
  const auto client = MakeClient({.direct = true,
                                  .may_connect = [](const sockaddr&) -> base::Status { return {}; },
                                  .resolve = {name + ":127.0.0.1"}});
  EXPECT_TRUE(Exchange(*client, {.url = "http://" + name + "/"}));
  EXPECT_EQ(host, name);
}

TEST(HttpClient, ADirectOneUsesNoProxyOfTheEnvironment) {
  TestServer server([](HttpRequest, Responder responder) { responder.Send({}); });
  const std::string name = "processor.example:" + std::to_string(server.port());
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  for (const bool direct : {true, false}) {
    const auto client = MakeClient({.direct = direct, .resolve = {name + ":127.0.0.1"}});
    EXPECT_EQ(Exchange(*client, {.url = "http://" + name + "/"}).has_value(), direct);
  }
  unsetenv("http_proxy");
}

TEST(HttpClient, ABodyIsHandedOnInPieces) {
  const std::string sent(50'000, 'x');
  TestServer server([&](HttpRequest, Responder responder) { responder.Send({.body = sent}); });
  const auto client = MakeClient();
  std::string got;
  ClientRequest request{.url = Url(server.port())};
  request.on_body = [&](std::string_view piece) {
    got += piece;
    return true;
  };
  const auto result = Exchange(*client, std::move(request));
  ASSERT_TRUE(result);
  EXPECT_EQ(got, sent);
  EXPECT_EQ(result->body, "");
  ClientRequest ended{.url = Url(server.port())};
  ended.on_body = [](std::string_view) { return false; };
  EXPECT_EQ(CodeOf(Exchange(*client, std::move(ended))), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace obolus::net
