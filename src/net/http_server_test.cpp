#include "net/http_server.h"

#include <gtest/gtest.h>

#include "net/test_server.h"
#include "net/test_socket.h"

namespace obolus::net {
namespace {

TEST(HttpServer, AnswersAGet) {
  TestServer server;
  TestSocket client(server.port());
  ASSERT_TRUE(client.Send("GET /a/b?c=d HTTP/1.1\r\nHost: x\r\n\r\n"));
  const std::string response = client.ReadResponse();
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << response;
  EXPECT_TRUE(response.ends_with("\r\n\r\nGET /a/b?c=d ")) << response;
}

}  // namespace
}  // namespace obolus::net
