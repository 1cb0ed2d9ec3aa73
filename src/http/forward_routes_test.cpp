#include "http/forward_routes.h"

#include <gtest/gtest.h>

namespace obolus::http {
namespace {

std::string FaultOf(std::string_view body) {
  const auto call = ParseForwardCall(body);
  if (call) return "none";
  return call.error().fields.empty() ? "malformed" : call.error().fields.at(0).pointer;
}

TEST(ForwardRoutes, AnObjectIsSentAsJson) {
  const auto call = ParseForwardCall(R"({"url":"https://p.example/x","body":{"a":[1,"{{x}}"]}})");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->method, "POST");
  EXPECT_EQ(call->url, "https://p.example/x");
  EXPECT_EQ(call->body, R"({"a":[1,"{{x}}"]})");
  EXPECT_EQ(call->headers, (app::HeaderLines{{"Content-Type", "application/json"}}));
}

TEST(ForwardRoutes, ATextIsSentAsItIsWritten) {
  const auto call = ParseForwardCall(
      R"({"url":"u","method":"PUT","headers":{"content-TYPE":"text/xml","x":"y"},"body":"<a/>"})");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->method, "PUT");
  EXPECT_EQ(call->body, "<a/>");
  EXPECT_EQ(call->headers, (app::HeaderLines{{"content-TYPE", "text/xml"}, {"x", "y"}}));
}

TEST(ForwardRoutes, EveryFaultNamesItsMember) {
  EXPECT_EQ(FaultOf(""), "malformed");
  EXPECT_EQ(FaultOf("[]"), "malformed");
  EXPECT_EQ(FaultOf(R"({"body":{}})"), "/url");
  EXPECT_EQ(FaultOf(R"({"url":7,"body":{}})"), "/url");
  EXPECT_EQ(FaultOf(R"({"url":"u"})"), "/body");
  EXPECT_EQ(FaultOf(R"({"url":"u","body":null})"), "/body");
  EXPECT_EQ(FaultOf(R"({"url":"u","body":"a=b"})"), "/headers/content-type");
  EXPECT_EQ(FaultOf(R"({"url":"u","body":{},"headers":{"a":1}})"), "/headers/a");
  EXPECT_EQ(FaultOf(R"({"url":"u","body":{},"headers":[]})"), "/headers");
  EXPECT_EQ(FaultOf(R"({"url":"u","body":{},"method":7})"), "/method");
}

}  // namespace
}  // namespace obolus::http
