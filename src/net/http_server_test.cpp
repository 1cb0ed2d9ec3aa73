#include "net/http_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include "net/test_server.h"
#include "net/test_socket.h"

namespace obolus::net {
namespace {

using base::Millis;

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(HttpServer, AnswersAGet) {
  TestServer server;
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send("GET /a/b?c=d HTTP/1.1\r\nHost: x\r\n\r\n"));
  const std::string response = client.ReadResponse();
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << response;
  EXPECT_TRUE(response.contains("\r\nContent-Length: 13\r\n")) << response;
  EXPECT_TRUE(response.ends_with("\r\n\r\nGET /a/b?c=d ")) << response;
  EXPECT_FALSE(response.contains("Connection:")) << response;
}

TEST(HttpServer, GivesTheHandlerThePeerAndTheHeaders) {
  HttpRequest seen;
  TestServer server([&](HttpRequest request, Responder responder) {
    seen = std::move(request);
    responder.Send({});
  });
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send("GET http://x/p?q HTTP/1.1\r\nHost: x\r\nX-Two: a\r\nx-two: b \r\n\r\n"));
  ASSERT_TRUE(client.ReadResponse().starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(seen.peer.address, "127.0.0.1");
  EXPECT_FALSE(seen.peer.tls);
  EXPECT_FALSE(seen.peer.certificate);
  EXPECT_EQ(seen.target, "http://x/p?q");
  EXPECT_EQ(seen.path, "/p");
  EXPECT_EQ(seen.query, "q");
  EXPECT_EQ(seen.headers.Count("x-TWO"), 2u);
  EXPECT_EQ(*seen.headers.Find("X-TWO"), "a");
  EXPECT_EQ(seen.headers.Find("y"), nullptr);
}

TEST(HttpServer, AnswersPipelinedRequestsInOrderOnOneConnection) {
  // The first two are answered late and in reverse, from another thread.
  std::vector<std::jthread> late;
  TestServer server([&](HttpRequest request, Responder responder) {
    const Millis delay(request.path == "/1" ? 60 : request.path == "/2" ? 20 : 0);
    if (delay == Millis(0)) return AnswerEcho(std::move(request), std::move(responder));
    late.emplace_back(
        [delay, request = std::move(request), responder = std::move(responder)]() mutable {
          std::this_thread::sleep_for(delay);
          responder.Send(Echo(request));
        });
  });
  TestSocket client(server.port());
  std::string requests;
  for (const char* path : {"/1", "/2", "/3", "/4"}) {
    requests += std::string("POST ") + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab";
  }
  ASSERT_TRUE(client.Send(requests));
  for (const char* path : {"/1", "/2", "/3", "/4"}) {
    EXPECT_TRUE(client.ReadResponse().ends_with(std::string("POST ") + path + "? ab"));
  }
}

TEST(HttpServer, AnswersHttp10AndClosesUnlessAskedToStay) {
  TestServer server;
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_TRUE(client.ReadResponse().contains("\r\nConnection: keep-alive\r\n"));
  ASSERT_TRUE(client.Send("GET /x HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(client.ReadResponse().contains("\r\nConnection: close\r\n"));
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpServer, ClosesWhenTheClientAsksForIt) {
  TestServer server;
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send("GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  EXPECT_TRUE(client.ReadResponse().contains("\r\nConnection: close\r\n"));
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpServer, AnswersHeadWithTheLengthButNoBody) {
  TestServer server;
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n"));
  const std::string response = client.ReadResponse(false);
  EXPECT_TRUE(response.contains("\r\nContent-Length: 9\r\n")) << response;
  EXPECT_TRUE(response.ends_with("\r\n\r\n"));
  ASSERT_TRUE(client.Send(kGet));
  EXPECT_TRUE(client.ReadResponse().starts_with("HTTP/1.1 200"));
}

TEST(HttpServer, A204HasNeitherLengthNorBody) {
  TestServer server([](HttpRequest, Responder responder) {
    responder.Send({.status = 204, .headers = {}, .body = "never sent"});
  });
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  const std::string response = client.ReadResponse(false);
  EXPECT_TRUE(response.starts_with("HTTP/1.1 204 No Content\r\n")) << response;
  EXPECT_FALSE(response.contains("Content-Length")) << response;
  ASSERT_TRUE(client.Send(kGet));
  EXPECT_TRUE(client.ReadResponse(false).starts_with("HTTP/1.1 204"));
}

TEST(HttpServer, AsksForTheBodyThatAnExpectationHoldsBack) {
  TestServer server;
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(
      "POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
  EXPECT_EQ(client.ReadResponse(), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(client.Send("abc"));
  EXPECT_TRUE(client.ReadResponse().ends_with("POST /x? abc"));
}

TEST(HttpServer, RefusesAnAnnouncedBodyThatIsTooLargeBeforeItIsSent) {
  TestServer server(AnswerEcho, {.limits = {.max_body_bytes = 10}});
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(
      "POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n"));
  const std::string response = client.ReadResponse();
  EXPECT_TRUE(response.starts_with("HTTP/1.1 413 ")) << response;
  EXPECT_TRUE(response.ends_with("refused 413: the body is too large")) << response;
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpServer, ARefusalReachesAClientThatIsStillSending) {
  TestServer server(AnswerEcho, {.limits = {.max_body_bytes = 1000}});
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n"));
  client.Send(std::string(500'000, 'a'));
  EXPECT_TRUE(client.ReadResponse().starts_with("HTTP/1.1 413 "));
}

TEST(HttpServer, LineBreaksInAHeaderValueDoNotMakeAHeader) {
  TestServer server([](HttpRequest, Responder responder) {
    responder.Send({.headers = {{"Location", "/a\r\nSet-Cookie: evil=1"},
                                {"Content-Length", "1"},
                                {"Connection", "upgrade"}}});
  });
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  const std::string response = client.ReadResponse();
  EXPECT_TRUE(response.contains("\r\nLocation: /a  Set-Cookie: evil=1\r\n")) << response;
  EXPECT_TRUE(response.contains("\r\nContent-Length: 0\r\n")) << response;
  EXPECT_FALSE(response.contains("upgrade")) << response;
}

TEST(HttpServer, WritesAResponseThatIsLargerThanTheSocketBuffers) {
  const std::string body(16 << 20, 'b');
  TestServer server([&](HttpRequest, Responder responder) { responder.Send({.body = body}); });
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  EXPECT_TRUE(client.ReadResponse().ends_with(body));
}

TEST(HttpServer, AResponderThatIsDroppedAnswers500) {
  TestServer server([](HttpRequest, Responder) {});
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  EXPECT_TRUE(client.ReadResponse().starts_with("HTTP/1.1 500 "));
}

TEST(HttpServer, AResponderThatCutsEndsTheConnectionWithoutAnAnswer) {
  TestServer server([](HttpRequest request, Responder responder) {
    if (request.path == "/x") return responder.Cut();
    AnswerEcho(std::move(request), std::move(responder));
  });
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  EXPECT_EQ(client.ReadResponse(), "");
  TestSocket next(server.port());
  ASSERT_TRUE(next.Send("GET /y HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_TRUE(next.ReadResponse().starts_with("HTTP/1.1 200 "));
}

TEST(HttpServer, AHandlerThatThrowsAnswers500AndTheServerGoesOn) {
  TestServer server([](HttpRequest, Responder) { throw std::runtime_error("a bug"); });
  for (int i = 0; i < 2; ++i) {
    TestSocket client(server.port());
    ASSERT_TRUE(client.Send(kGet));
    EXPECT_TRUE(client.ReadResponse().starts_with("HTTP/1.1 500 "));
  }
}

TEST(HttpServer, AnAnswerAfterTheClientTheServerAndTheEngineAreGoneIsHarmless) {
  std::promise<Responder> promise;
  auto server = std::make_unique<TestServer>(
      [&](HttpRequest, Responder responder) { promise.set_value(std::move(responder)); });
  auto client = std::make_unique<TestSocket>(server->port());
  ASSERT_TRUE(client->Send(kGet));
  Responder responder = promise.get_future().get();
  client.reset();
  server->http.reset();
  server.reset();
  responder.Send({});
}

TEST(HttpServer, ManyClientsOnSeveralThreadsAllGetTheirOwnAnswer) {
  TestServer server(AnswerEcho, {}, 3);
  std::atomic<int> right{0};
  {
    std::vector<std::jthread> clients;
    for (int c = 0; c < 8; ++c) {
      clients.emplace_back([&, c] {
        TestSocket client(server.port());
        for (int i = 0; i < 200; ++i) {
          const std::string path = "/" + std::to_string(c) + "/" + std::to_string(i);
          client.Send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
          right += client.ReadResponse().ends_with("GET " + path + "? ");
        }
      });
    }
  }
  EXPECT_EQ(right, 8 * 200);
}

TEST(HttpServer, AnswersFromAnotherThreadAllArrive) {
  std::mutex mutex;
  std::vector<std::pair<HttpRequest, Responder>> waiting;
  TestServer server(
      [&](HttpRequest request, Responder responder) {
        const std::lock_guard lock(mutex);
        waiting.emplace_back(std::move(request), std::move(responder));
      },
      {}, 2);
  std::jthread answers([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::vector<std::pair<HttpRequest, Responder>> batch;
      {
        const std::lock_guard lock(mutex);
        batch.swap(waiting);
      }
      for (auto& [request, responder] : batch) responder.Send(Echo(request));
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  });
  std::atomic<int> right{0};
  {
    std::vector<std::jthread> clients;
    for (int c = 0; c < 8; ++c) {
      clients.emplace_back([&] {
        TestSocket client(server.port());
        for (int i = 0; i < 100; ++i) {
          client.Send(kGet);
          right += client.ReadResponse().ends_with("GET /x? ");
        }
      });
    }
  }
  EXPECT_EQ(right, 8 * 100);
}

TEST(HttpServer, AnAddressInUseIsUnavailableAndANonsenseOneInvalid) {
  TestServer server;
  Engine engine(1);
  const auto again =
      HttpServer::Start(engine, {.name = "again", .port = server.port()}, AnswerEcho);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, base::ErrorCode::kUnavailable);
  const auto nonsense = HttpServer::Start(engine, {.address = "nonsense"}, AnswerEcho);
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().code, base::ErrorCode::kInvalid);
}

}  // namespace
}  // namespace obolus::net
