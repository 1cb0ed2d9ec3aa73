#include "sandbox/flow.h"

#include <gtest/gtest.h>

#include <string>

#include "sandbox/server.h"

namespace obolus::sandbox {
namespace {

constexpr std::string_view kStart = "00000000-0000-4000-8000-000000000001";
constexpr std::string_view kCard = "00000000-0000-4000-8000-000000000002";
constexpr std::string_view kSale = "00000000-0000-4000-8000-000000000003";
constexpr std::string_view kGate = "00000000-0000-4000-8000-000000000004";

std::string Id(std::string_view id) {
  return "\"id\":\"" + std::string(id) + "\"";
}
std::string Next(std::string_view id) {
  return ",\"next\":\"" + std::string(id) + "\"";
}
std::string Node(std::string_view type, std::string_view data) {
  return "{\"type\":\"" + std::string(type) + "\",\"data\":{" + std::string(data) + "}}";
}
std::string FlowOf(std::string_view nodes) {
  return "{\"name\":\"f\",\"start\":\"" + std::string(kStart) + "\",\"nodes\":[" +
         std::string(nodes) + "]}";
}

const std::string kStartNode = Node("start", Id(kStart) + Next(kCard));
const std::string kCardNode =
    Node("requirement", Id(kCard) + ",\"action\":\"SET_PAYMENT_METHOD\"" + Next(kSale));
const std::string kSaleNode =
    Node("transaction", Id(kSale) + ",\"startEventType\":\"StartSale\"" + Next(kGate));
const std::string kGateNode =
    Node("gateway", Id(kGate) + ",\"continuesWith\":[{\"result\":\"SUCCESS\",\"next\":null}]");

base::Uuid IdOf(std::string_view text) {
  return base::ParseUuid(text).value();
}

// What Parse finds wrong, as "pointer detail".
std::string FaultOf(const std::string& text) {
  auto flow = Flow::Parse(text);
  if (flow) return "";
  if (flow.error().fields.empty()) return flow.error().message;
  return flow.error().fields[0].pointer + " " + flow.error().fields[0].detail;
}

TEST(Flow, WalksRequirementTransactionAndGatewayToItsEnd) {
  auto flow = Flow::Parse(FlowOf(kStartNode + "," + kCardNode + "," + kSaleNode + "," + kGateNode));
  ASSERT_TRUE(flow);
  auto step = flow->Begin();
  ASSERT_EQ(step.kind, FlowStep::Kind::kRequirement);
  EXPECT_EQ(step.node->action, kActionSetPaymentMethod);
  step = flow->Continue(IdOf(kCard), kResultSuccess);
  ASSERT_EQ(step.kind, FlowStep::Kind::kTransaction);
  EXPECT_EQ(step.node->start_event_type, "StartSale");
  step = flow->Continue(IdOf(kSale), kResultSuccess);
  EXPECT_EQ(step.kind, FlowStep::Kind::kEnd);
  EXPECT_TRUE(step.succeeded);
}

TEST(Flow, AResultThatNoBranchTakesEndsItAsFailed) {
  auto flow = Flow::Parse(FlowOf(kStartNode + "," + kCardNode + "," + kSaleNode + "," + kGateNode));
  ASSERT_TRUE(flow);
  auto step = flow->Continue(IdOf(kSale), "SURPRISE");
  EXPECT_EQ(step.kind, FlowStep::Kind::kEnd);
  EXPECT_FALSE(step.succeeded);
}

TEST(Flow, AFailureWithoutAGatewayEndsIt) {
  auto flow = Flow::Parse(FlowOf(kStartNode + "," + kCardNode + "," + kSaleNode + "," + kGateNode));
  ASSERT_TRUE(flow);
  auto step = flow->Continue(IdOf(kCard), kResultFailed);
  EXPECT_EQ(step.kind, FlowStep::Kind::kEnd);
  EXPECT_FALSE(step.succeeded);
}

TEST(Flow, NamesTheMemberThatIsWrong) {
  EXPECT_EQ(FaultOf("{}"), "/name is required");
  EXPECT_EQ(FaultOf(FlowOf("{\"type\":\"wish\",\"data\":{}}")),
            "/nodes/0/type must be start, transaction, gateway or requirement");
  EXPECT_EQ(FaultOf(FlowOf(Node("start", Id(kStart)))), "/nodes/0/data/next is required");
  EXPECT_EQ(FaultOf(FlowOf(kStartNode + "," + Node("requirement", Id(kCard)))),
            "/nodes/1/data/action must be SET_PAYMENT_METHOD or REDIRECT");
  EXPECT_EQ(FaultOf(FlowOf(kStartNode + "," + Node("transaction", Id(kCard)))),
            "/nodes/1/data/startEventType is required");
  EXPECT_EQ(FaultOf(FlowOf(kStartNode + "," + Node("gateway", Id(kGate)))),
            "/nodes/1/data/continuesWith needs at least one branch");
}

TEST(Flow, RefusesAGraphThatCannotBeWalked) {
  EXPECT_EQ(FaultOf(FlowOf(kCardNode)), "/start must name a node of type start");
  EXPECT_NE(FaultOf(FlowOf(kStartNode)).find("which is no node"), std::string::npos);
  EXPECT_NE(FaultOf(FlowOf(kStartNode + "," + kStartNode)).find("is used twice"),
            std::string::npos);
  EXPECT_NE(FaultOf(FlowOf(Node("start", Id(kStart) + Next(kGate)) + "," + kGateNode))
                .find("no result to route by"),
            std::string::npos);
}

TEST(FlowBook, HoldsTheThreeFlowsThatComeWithTheSandbox) {
  auto book = ReadFlows({});
  ASSERT_TRUE(book);
  for (std::string_view name : {"sale", "sale-with-3ds", "vaulting"}) {
    ASSERT_TRUE(book->contains(name)) << name;
    EXPECT_EQ(book->find(name)->second->Begin().node->action, kActionSetPaymentMethod) << name;
  }
}

TEST(FlowBook, SaysWhenAFolderHasNoFlow) {
  EXPECT_EQ(ReadFlows("no-such-folder").error().code, base::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace obolus::sandbox
