#include "sandbox/routes.h"

#include <gtest/gtest.h>

#include <memory>

namespace obolus::sandbox {
namespace {

// Keeps what was answered.
class Kept final : public net::Responder::Sink {
 public:
  explicit Kept(net::HttpResponse* into) : into_(into) {}
  void Send(net::HttpResponse response) override { *into_ = std::move(response); }
  std::shared_ptr<net::ResponseStream> Start(net::HttpResponse) override { return nullptr; }

 private:
  net::HttpResponse* into_;
};

net::HttpResponse Ask(const Routes& routes, std::string method, std::string path) {
  net::HttpResponse answer;
  net::HttpRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  routes.Dispatch(std::move(request), net::Responder(std::make_unique<Kept>(&answer)));
  return answer;
}

TEST(Routes, FindsTheHandlerAndItsArguments) {
  Routes routes;
  routes.Add("GET", "/payments/{id}",
             [](RouteCall call) { call.responder.Send({200, {}, call.arguments.at(0)}); });
  EXPECT_EQ(Ask(routes, "GET", "/payments/a%20b").body, "a b");
  EXPECT_EQ(Ask(routes, "HEAD", "/payments/x").status, 200);
  EXPECT_EQ(Ask(routes, "GET", "/payments/").status, 404);
  EXPECT_EQ(Ask(routes, "GET", "/payments/a/b").status, 404);
}

TEST(Routes, SaysWhichMethodsAPathAnswers) {
  Routes routes;
  routes.Add("GET", "/payments", [](RouteCall) {});
  routes.Add("POST", "/payments", [](RouteCall) {});
  auto answer = Ask(routes, "DELETE", "/payments");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(*answer.headers.Find("allow"), "GET, POST");
}

TEST(Routes, ReadsQueriesAndForms) {
  EXPECT_EQ(QueryParameter("limit=5&page=2", "page"), "2");
  EXPECT_EQ(QueryParameter("limit=5", "page"), "");
  EXPECT_EQ(FormField("cres=a%2Bb&x=c+d", "cres"), "a+b");
  EXPECT_EQ(FormField("cres=a&x=c+d", "x"), "c d");
  EXPECT_EQ(FormField("x=" + FormEncode("a&b=c d%"), "x"), "a&b=c d%");
}

}  // namespace
}  // namespace obolus::sandbox
