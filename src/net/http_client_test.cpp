#include "net/http_client.h"

#include <gtest/gtest.h>

#include <future>

#include "net/test_server.h"

namespace obolus::net {
namespace {

base::Result<HttpResponse> Exchange(HttpClient& client, ClientRequest request) {
  std::promise<base::Result<HttpResponse>> promise;
  auto answer = promise.get_future();
  client.Send(std::move(request),
              [&](base::Result<HttpResponse> result) { promise.set_value(std::move(result)); });
  return answer.get();
}

TEST(HttpClient, PostsABodyAndGivesTheAnswer) {
  TestServer server;
  const auto client = HttpClient::Make({});
  ASSERT_TRUE(client);
  const auto result = Exchange(
      **client,
      {.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/x", .body = "hello"});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->body, "POST /x? hello");
}

}  // namespace
}  // namespace obolus::net
