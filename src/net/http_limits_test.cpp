// Deadlines, connection limits and the graceful stop, against real time: limits are short here.
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/test_server.h"
#include "net/test_socket.h"

namespace obolus::net {
namespace {

using base::Millis;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";

// Gives its responders to the test.
class Waiting {
 public:
  Handler handler() {
    return [this](HttpRequest, Responder responder) {
      const std::lock_guard lock(mutex_);
      given_.push_back(std::move(responder));
      come_.notify_one();
    };
  }
  // The oldest that was not taken.
  Responder Take() {
    std::unique_lock lock(mutex_);
    come_.wait(lock, [this] { return !given_.empty(); });
    Responder responder = std::move(given_.front());
    given_.pop_front();
    return responder;
  }
  bool empty() {
    const std::lock_guard lock(mutex_);
    return given_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable come_;
  std::deque<Responder> given_;
};

TEST(HttpLimits, AnIdleConnectionIsClosedWithoutAWord) {
  TestServer server(AnswerEcho, {.limits = {.idle_timeout = Millis(80)}});
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  ASSERT_TRUE(client.ReadResponse().starts_with("HTTP/1.1 200 "));
  const auto before = SteadyClock::now();
  EXPECT_TRUE(client.AtEnd());
  EXPECT_GE(SteadyClock::now() - before, Millis(80));
}

TEST(HttpLimits, ARequestThatTricklesInIsAnsweredWith408) {
  TestServer server(AnswerEcho, {.limits = {.read_timeout = Millis(100)}});
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send("GET /x HTTP/1.1\r\nHost:"));
  const std::string response = client.ReadResponse();
  EXPECT_TRUE(response.starts_with("HTTP/1.1 408 ")) << response;
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpLimits, TheReadLimitCoversTheBody) {
  TestServer server(AnswerEcho, {.limits = {.read_timeout = Millis(150)}});
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"));
  for (int i = 0; i < 5; ++i) {
    client.Send("a");
    std::this_thread::sleep_for(Millis(50));
  }
  EXPECT_TRUE(client.ReadResponse().starts_with("HTTP/1.1 408 "));
}

TEST(HttpLimits, AClientThatDoesNotReadItsResponseLosesTheConnection) {
  TestServer server(
      [](HttpRequest, Responder responder) {
        responder.Send({.body = std::string(64 << 20, 'b')});
      },
      {.limits = {.write_timeout = Millis(100)}});
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  std::this_thread::sleep_for(Millis(500));
  EXPECT_LT(client.ReadAll().size(), std::size_t{64 << 20});
}

TEST(HttpLimits, AHandlerMayTakeLongerThanEveryLimit) {
  Waiting waiting;
  TestServer server(waiting.handler(), {.limits = {.read_timeout = Millis(40),
                                                   .idle_timeout = Millis(40),
                                                   .write_timeout = Millis(40)}});
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  Responder responder = waiting.Take();
  std::this_thread::sleep_for(Millis(200));
  responder.Send({.body = "late"});
  EXPECT_TRUE(client.ReadResponse().ends_with("late"));
}

TEST(HttpLimits, ConnectionsBeyondTheLimitAreClosedAndTheirPlaceComesBack) {
  TestServer server(AnswerEcho, {.limits = {.max_connections = 2}});
  auto first = std::make_unique<TestSocket>(server.port());
  TestSocket second(server.port());
  for (TestSocket* client : {first.get(), &second}) {
    ASSERT_TRUE(client->Send(kGet));
    ASSERT_TRUE(client->ReadResponse().starts_with("HTTP/1.1 200 "));
  }
  TestSocket third(server.port());
  EXPECT_TRUE(third.AtEnd());
  first.reset();
  bool served = false;
  for (int i = 0; i < 100 && !served; ++i) {
    TestSocket again(server.port());
    again.Send(kGet);
    served = again.ReadResponse().starts_with("HTTP/1.1 200 ");
    if (!served) std::this_thread::sleep_for(Millis(10));
  }
  EXPECT_TRUE(served);
}

TEST(HttpLimits, AnAddressHasSoManyConnectionsUnlessItIsExempt) {
  for (const bool exempt : {false, true}) {
    std::atomic<int> refused{0};
    ServerOptions options;
    options.limits.max_connections_per_address = 2;
    options.is_exempt = [&](std::string_view address) { return exempt && address == "127.0.0.1"; };
    options.overloaded = [&](Overload what) { refused += what == Overload::kAddress ? 1 : 0; };
    TestServer server(AnswerEcho, std::move(options));
    TestSocket first(server.port());
    TestSocket second(server.port());
    TestSocket third(server.port());
    for (TestSocket* client : {&first, &second}) {
      ASSERT_TRUE(client->Send(kGet));
      ASSERT_TRUE(client->ReadResponse().starts_with("HTTP/1.1 200 "));
    }
    third.Send(kGet);
    EXPECT_EQ(third.ReadResponse().starts_with("HTTP/1.1 200 "), exempt);
    EXPECT_EQ(refused, exempt ? 0 : 1);
  }
}

TEST(HttpLimits, AConnectionClosesWithTheLastOfItsRequests) {
  TestServer server(AnswerEcho, {.limits = {.max_requests_per_connection = 2}});
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  EXPECT_FALSE(client.ReadResponse().contains("\r\nConnection: close\r\n"));
  ASSERT_TRUE(client.Send(kGet));
  EXPECT_TRUE(client.ReadResponse().contains("\r\nConnection: close\r\n"));
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpLimits, PipelinedRequestsAreAnsweredInTurnAndNotReadAhead) {
  Waiting waiting;
  TestServer server(waiting.handler());
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(std::string(kGet) + std::string(kGet)));
  Responder first = waiting.Take();
  std::this_thread::sleep_for(Millis(50));
  EXPECT_TRUE(waiting.empty()) << "the second waits for the first's answer";
  first.Send({.body = "first"});
  EXPECT_TRUE(client.ReadResponse().ends_with("first"));
  waiting.Take().Send({.body = "second"});
  EXPECT_TRUE(client.ReadResponse().ends_with("second"));
}

TEST(HttpLimits, LeavingServesOnAndClosesEachConnectionWithItsAnswer) {
  TestServer server;
  TestSocket idle(server.port());
  ASSERT_TRUE(idle.Send(kGet));
  ASSERT_TRUE(idle.ReadResponse().starts_with("HTTP/1.1 200 "));
  server.http->Leave();
  TestSocket fresh(server.port());
  for (TestSocket* client : {&idle, &fresh}) {
    ASSERT_TRUE(client->Send(kGet));
    EXPECT_NE(client->ReadResponse().find("\r\nConnection: close\r\n"), std::string::npos);
    EXPECT_TRUE(client->AtEnd());
  }
}

TEST(HttpLimits, MoreRequestsThanItTakesAreRefusedAndTheirConnectionsGoOn) {
  Waiting waiting;
  std::atomic<int> shed{0};
  ServerOptions options;
  options.limits.max_unanswered = 2;
  options.overloaded = [&](Overload what) { shed += what == Overload::kRequest ? 1 : 0; };
  TestServer server(waiting.handler(), std::move(options));
  TestSocket first(server.port());
  TestSocket second(server.port());
  TestSocket third(server.port());
  ASSERT_TRUE(first.Send(kGet));
  Responder one = waiting.Take();
  ASSERT_TRUE(second.Send(kGet));
  Responder two = waiting.Take();
  for (int i = 1; i <= 2; ++i) {
    ASSERT_TRUE(third.Send(kGet));
    const std::string refused = third.ReadResponse();
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
    EXPECT_TRUE(refused.contains("refused 503")) << refused;
    EXPECT_EQ(shed, i);
  }
  one.Send({.body = "first"});
  EXPECT_TRUE(first.ReadResponse().ends_with("first"));
  ASSERT_TRUE(third.Send(kGet));
  waiting.Take().Send({.body = "third"});
  EXPECT_TRUE(third.ReadResponse().ends_with("third")) << "there was room again";
  two.Send({.body = "second"});
  EXPECT_TRUE(second.ReadResponse().ends_with("second"));
  EXPECT_EQ(shed, 2);
}

TEST(HttpLimits, AStreamTakesNoPlaceOnceItRuns) {
  ServerOptions options;
  options.limits.max_unanswered = 1;
  std::vector<std::shared_ptr<ResponseStream>> streams;
  TestServer server(
      [&](HttpRequest request, Responder responder) {
        if (request.path != "/stream") return AnswerEcho(std::move(request), std::move(responder));
        streams.push_back(responder.Start({}));
      },
      std::move(options));
  TestSocket reader(server.port());
  ASSERT_TRUE(reader.Send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_TRUE(reader.ReadUntil("\r\n\r\n"));
  TestSocket other(server.port());
  ASSERT_TRUE(other.Send(kGet));
  EXPECT_TRUE(other.ReadResponse().starts_with("HTTP/1.1 200 "));
}

TEST(HttpLimits, AConnectionTooManyIsClosedAndCountedWhileTheOthersGoOn) {
  std::atomic<int> refused{0};
  ServerOptions options;
  options.limits.max_connections = 1;
  options.overloaded = [&](Overload what) { refused += what == Overload::kConnection ? 1 : 0; };
  TestServer server(AnswerEcho, std::move(options));
  TestSocket held(server.port());
  ASSERT_TRUE(held.Send(kGet));
  ASSERT_TRUE(held.ReadResponse().starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(TestSocket(server.port()).AtEnd());
  EXPECT_EQ(refused, 1);
  ASSERT_TRUE(held.Send(kGet));
  EXPECT_TRUE(held.ReadResponse().starts_with("HTTP/1.1 200 "));
}

TEST(HttpLimits, StoppingClosesIdleConnectionsAndRefusesNewOnes) {
  TestServer server;
  TestSocket idle(server.port());
  ASSERT_TRUE(idle.Send(kGet));
  ASSERT_TRUE(idle.ReadResponse().starts_with("HTTP/1.1 200 "));
  server.http->StopListening();
  EXPECT_TRUE(idle.AtEnd());
  EXPECT_FALSE(TestSocket(server.port()).connected());
  EXPECT_TRUE(server.http->Drain(Millis(1000)));
}

TEST(HttpLimits, StoppingServesTheFirstRequestOfWhoeverHadConnected) {
  TestServer server;
  TestSocket fresh(server.port());
  TestSocket silent(server.port());
  ASSERT_TRUE(fresh.connected() && silent.connected());
  server.http->StopListening();
  std::this_thread::sleep_for(Millis(50));
  ASSERT_TRUE(fresh.Send(kGet));
  const std::string response = fresh.ReadResponse();
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 ")) << response;
  EXPECT_TRUE(response.contains("\r\nConnection: close\r\n")) << response;
  EXPECT_TRUE(fresh.AtEnd());
  EXPECT_TRUE(server.http->Drain(Millis(10'000))) << "waits for the silent one, but not for long";
  EXPECT_TRUE(silent.AtEnd());
}

TEST(HttpLimits, DrainingWaitsForTheRequestThatRunsAndClosesAfterIt) {
  Waiting waiting;
  TestServer server(waiting.handler());
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  Responder responder = waiting.Take();
  EXPECT_FALSE(server.http->Drain(Millis(50)));
  auto drained = std::async(std::launch::async, [&] { return server.http->Drain(Millis(4000)); });
  responder.Send({.body = "done"});
  EXPECT_TRUE(drained.get());
  const std::string response = client.ReadResponse();
  EXPECT_TRUE(response.contains("\r\nConnection: close\r\n")) << response;
  EXPECT_TRUE(response.ends_with("done"));
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpLimits, DrainingDoesNotWaitForAClientToHangUp) {
  TestServer server;
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send("GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  ASSERT_TRUE(client.ReadResponse().starts_with("HTTP/1.1 200 "));
  const auto before = SteadyClock::now();
  EXPECT_TRUE(server.http->Drain(Millis(4000)));
  EXPECT_LT(SteadyClock::now() - before, Millis(1500));
}

TEST(HttpLimits, AServerThatGoesWhileRequestsRunNeverCallsItsHandlerAgain) {
  auto alive = std::make_shared<std::atomic<bool>>(true);
  std::atomic<int> late{0};
  std::vector<std::jthread> clients;
  {
    TestServer server(
        [&, alive](HttpRequest request, Responder responder) {
          if (!*alive) ++late;
          AnswerEcho(std::move(request), std::move(responder));
        },
        {}, 2);
    for (int c = 0; c < 4; ++c) {
      clients.emplace_back([port = server.port()] {
        TestSocket client(port);
        while (client.Send(kGet) && !client.ReadResponse().empty()) {
        }
      });
    }
    std::this_thread::sleep_for(Millis(50));
    server.http.reset();
    *alive = false;
    std::this_thread::sleep_for(Millis(20));
  }
  EXPECT_EQ(late, 0);
}

TEST(HttpLimits, AnEngineMayStopBeforeItsServerGoes) {
  Waiting waiting;
  TestServer server(waiting.handler());
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  Responder responder = waiting.Take();
  server.engine.Stop();
  server.http.reset();
  EXPECT_TRUE(client.AtEnd());
  responder.Send({});
}

}  // namespace
}  // namespace obolus::net
