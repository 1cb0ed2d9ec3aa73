#include "sandbox/payments_api.h"

#include <gtest/gtest.h>

#include "sandbox/server.h"

namespace obolus::sandbox {
namespace {

base::Result<NewPayment> Read(std::string body) {
  net::HttpRequest request;
  request.headers = {{"content-type", "application/json"}};
  request.body = std::move(body);
  return ReadNewPayment(request, ReadFlows({}).value());
}

std::vector<std::string> PointersOf(std::string body) {
  std::vector<std::string> out;
  auto order = Read(std::move(body));
  if (order) return out;
  for (const auto& field : order.error().fields) out.push_back(field.pointer);
  return out;
}

TEST(NewPayment, DefaultsToASaleWithThreeDSecure) {
  auto order = Read(R"({"amount":100,"currency_code":"EUR"})");
  ASSERT_TRUE(order) << order.error().message;
  EXPECT_EQ(order->flow, "sale-with-3ds");
}

TEST(NewPayment, TakesTheFlowThatItsMetadataNames) {
  auto order = Read(R"({"amount":100,"currency_code":"EUR","metadata":{"flow":"vaulting"}})");
  ASSERT_TRUE(order);
  EXPECT_EQ(order->flow, "vaulting");
  EXPECT_EQ(PointersOf(R"({"amount":1,"currency_code":"EUR","metadata":{"flow":"x"}})"),
            std::vector<std::string>{"/metadata/flow"});
}

TEST(NewPayment, NamesEveryMemberAtFault) {
  const std::vector<std::string> both{"/amount", "/currency_code"};
  EXPECT_EQ(PointersOf("{}"), both);
  EXPECT_EQ(PointersOf(R"({"amount":1.5,"currency_code":"eur"})"), both);
  const std::vector<std::string> urls{"/continuation/success", "/continuation/error"};
  EXPECT_EQ(PointersOf(R"({"amount":1,"currency_code":"EUR",
                           "continuation":{"success":"javascript:x"
}
})"),
            urls);
}

TEST(NewPayment, RefusesWhatIsNotJson) {
  EXPECT_EQ(Read("{").error().code, base::ErrorCode::kMalformed);
  EXPECT_EQ(Read("[]").error().code, base::ErrorCode::kInvalid);
  net::HttpRequest form;
  form.headers = {{"content-type", "text/plain"}};
  EXPECT_EQ(ReadNewPayment(form, {}).error().code, base::ErrorCode::kUnsupportedMediaType);
}

}  // namespace
}  // namespace obolus::sandbox
