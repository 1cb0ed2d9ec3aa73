// `ResponseStream` over real connections: what the state pushed to a waiting shopper relies on.
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>

#include "net/test_server.h"
#include "net/test_socket.h"

namespace obolus::net {
namespace {

using base::Millis;

constexpr std::string_view kGet = "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n";

// Starts a stream for the first request and gives it to the test.
class StreamServer {
 public:
  explicit StreamServer(ServerOptions options = {})
      : server_(
            [this](HttpRequest, Responder responder) {
              auto stream = responder.Start({.headers = {{"Content-Type", "text/event-stream"}}});
              stream->OnClosed([this] { closed_.set_value(); });
              started_.set_value(std::move(stream));
            },
            std::move(options)) {}

  std::uint16_t port() const { return server_.port(); }
  HttpServer& http() { return *server_.http; }
  void DestroyServer() { server_.http.reset(); }
  std::shared_ptr<ResponseStream> Stream() { return started_.get_future().get(); }
  bool ClosesSoon() {
    return closed_.get_future().wait_for(std::chrono::seconds(4)) == std::future_status::ready;
  }

 private:
  std::promise<std::shared_ptr<ResponseStream>> started_;
  std::promise<void> closed_;  // a second call would throw, and end the test program
  TestServer server_;
};

TEST(ResponseStream, ChunksArriveAsTheyAreWrittenAndCloseEndsTheConnection) {
  StreamServer server;
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  const auto stream = server.Stream();
  EXPECT_TRUE(stream->Write("data: 1\n\n"));
  ASSERT_TRUE(client.ReadUntil("data: 1\n\n"));
  EXPECT_TRUE(stream->Write("data: 2\n\n"));
  EXPECT_TRUE(stream->Write("data: 3\n\n"));
  stream->Close();
  EXPECT_FALSE(stream->Write("too late"));
  const std::string all = client.ReadAll();
  EXPECT_TRUE(all.starts_with("HTTP/1.1 200 OK\r\n")) << all;
  EXPECT_TRUE(all.contains("\r\nConnection: close\r\n")) << all;
  EXPECT_FALSE(all.contains("Content-Length")) << all;
  EXPECT_TRUE(all.ends_with("\r\n\r\ndata: 1\n\ndata: 2\n\ndata: 3\n\n")) << all;
  EXPECT_TRUE(server.ClosesSoon());
}

TEST(ResponseStream, DroppingItClosesIt) {
  StreamServer server;
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  server.Stream()->Write("last words");
  EXPECT_TRUE(client.ReadAll().ends_with("last words"));
  EXPECT_TRUE(server.ClosesSoon());
}

TEST(ResponseStream, MayBeStartedFromAnotherThreadAndLater) {
  std::promise<Responder> given;
  TestServer server(
      [&](HttpRequest, Responder responder) { given.set_value(std::move(responder)); });
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  Responder responder = given.get_future().get();
  const auto stream = responder.Start({});
  EXPECT_TRUE(stream->Write("at once"));
  EXPECT_TRUE(client.ReadUntil("at once"));
}

TEST(ResponseStream, AClientThatGoesIsNoticedWhileNothingIsWritten) {
  StreamServer server;
  auto client = std::make_unique<TestSocket>(server.port());
  ASSERT_TRUE(client->Send(kGet));
  const auto stream = server.Stream();
  ASSERT_TRUE(client->ReadUntil("\r\n\r\n"));
  client.reset();
  EXPECT_TRUE(server.ClosesSoon());
  EXPECT_FALSE(stream->Write("nobody"));
}

TEST(ResponseStream, AClientThatDoesNotReadIsCutOffAt64KiB) {
  StreamServer server;
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  const auto stream = server.Stream();
  const std::string chunk(16 * 1024, 'c');
  int written = 0;
  // The kernel's buffers take some megabytes before the queue fills.
  while (written < 4096 && stream->Write(chunk)) {
    ++written;
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
  EXPECT_LT(written, 4096);
  EXPECT_TRUE(server.ClosesSoon());
}

TEST(ResponseStream, AChunkThatExceedsTheQueueEndsTheStream) {
  StreamServer server;
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  const auto stream = server.Stream();
  EXPECT_FALSE(stream->Write(std::string(64 * 1024 + 1, 'c')));
  EXPECT_TRUE(server.ClosesSoon());
}

TEST(ResponseStream, StaysOpenLongerThanEveryLimit) {
  StreamServer server(
      {.limits = {
           .read_timeout = Millis(40), .idle_timeout = Millis(40), .write_timeout = Millis(40)}});
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  const auto stream = server.Stream();
  std::this_thread::sleep_for(Millis(250));
  EXPECT_TRUE(stream->Write("still here"));
  EXPECT_TRUE(client.ReadUntil("still here"));
}

TEST(ResponseStream, DrainingClosesItAtOnceAndSendsWhatIsQueued) {
  StreamServer server;
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  const auto stream = server.Stream();
  EXPECT_TRUE(stream->Write("goodbye"));
  EXPECT_TRUE(server.http().Drain(Millis(4000)));
  EXPECT_TRUE(client.ReadAll().ends_with("goodbye"));
  EXPECT_TRUE(server.ClosesSoon());
}

TEST(ResponseStream, AServerThatGoesCallsOnClosedBeforeItIsGone) {
  auto server = std::make_unique<StreamServer>();
  TestSocket client(server->port());
  ASSERT_TRUE(client.Send(kGet));
  const auto stream = server->Stream();
  server->DestroyServer();
  EXPECT_TRUE(server->ClosesSoon());
  server.reset();
  EXPECT_FALSE(stream->Write("nobody"));
}

TEST(ResponseStream, OnClosedThatComesTooLateIsCalledEvenIfItHoldsTheStreamAndTheServerIsGone) {
  std::promise<std::shared_ptr<ResponseStream>> started;
  TestServer server(
      [&](HttpRequest, Responder responder) { started.set_value(responder.Start({})); });
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  auto stream = started.get_future().get();
  server.http.reset();
  bool called = false;
  ResponseStream& raw = *stream;
  raw.OnClosed([stream = std::move(stream), &called] { called = true; });
  EXPECT_TRUE(called);
}

TEST(ResponseStream, OneStartedAfterTheServerHasGoneIsClosedFromTheBeginning) {
  std::promise<Responder> given;
  TestServer server(
      [&](HttpRequest, Responder responder) { given.set_value(std::move(responder)); });
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  Responder responder = given.get_future().get();
  server.http.reset();
  EXPECT_FALSE(responder.Start({})->Write("nobody"));
}

TEST(ResponseStream, HeadGetsTheHeadOnly) {
  StreamServer server;
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n"));
  const auto stream = server.Stream();
  EXPECT_TRUE(client.ReadAll().ends_with("\r\n\r\n"));
  EXPECT_TRUE(server.ClosesSoon());
}

TEST(ResponseStream, ManyThreadsMayWriteAndNothingIsLostOrTorn) {
  StreamServer server;
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send(kGet));
  const auto stream = server.Stream();
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < 4; ++w) {
      writers.emplace_back([&] {
        for (int i = 0; i < 200; ++i) stream->Write("abcdefgh\n");
      });
    }
  }
  stream->Close();
  const std::string all = client.ReadAll();
  std::string expected;
  for (int i = 0; i < 800; ++i) expected += "abcdefgh\n";
  EXPECT_EQ(all.substr(all.find("\r\n\r\n") + 4), expected);
}

}  // namespace
}  // namespace obolus::net
