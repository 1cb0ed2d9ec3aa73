#include "sandbox/flow.h"

#include <utility>

#include "base/check.h"

namespace obolus::sandbox {
namespace {

using base::FieldError;
using base::JsonReader;
using base::Uuid;

constexpr std::int64_t kMaxTimeOutSeconds = 24 * 60 * 60;

std::optional<Uuid> ReadId(JsonReader& reader, std::string_view member) {
  auto text = reader.String(member, 36);
  if (!text) return std::nullopt;
  auto id = base::ParseUuid(*text);
  if (!id) {
    reader.Fault(member, "must be a UUID");
    return std::nullopt;
  }
  return *id;
}

void Require(JsonReader& reader, std::string_view member) {
  if (!reader.Find(member)) reader.Fault(member, "is required");
}

std::optional<NodeType> NodeTypeNamed(std::string_view name) {
  if (name == "start") return NodeType::kStart;
  if (name == "transaction") return NodeType::kTransaction;
  if (name == "gateway") return NodeType::kGateway;
  if (name == "requirement") return NodeType::kRequirement;
  return std::nullopt;
}

void ReadBranches(JsonReader& data, FlowNode& node, std::vector<FieldError>& faults) {
  const auto* branches = data.Array("continuesWith");
  if (!branches || branches->empty()) {
    data.Fault("continuesWith", "needs at least one branch");
    return;
  }
  for (std::size_t i = 0; i < branches->size(); ++i) {
    std::string pointer = data.Pointer("continuesWith") + "/" + std::to_string(i);
    const auto* branch = (*branches)[i].if_object();
    if (!branch) {
      faults.push_back({pointer, "must be an object"});
      continue;
    }
    JsonReader reader(*branch, pointer, &faults);
    Require(reader, "result");
    node.continues_with.push_back(
        {reader.String("result", 64).value_or(""), ReadId(reader, "next")});
  }
}

void ReadData(JsonReader& data, FlowNode& node, std::vector<FieldError>& faults) {
  Require(data, "id");
  node.id = ReadId(data, "id").value_or(Uuid{});
  node.next = ReadId(data, "next");
  node.time_out_s = data.Integer("timeOut", 1, kMaxTimeOutSeconds).value_or(0);
  switch (node.type) {
    case NodeType::kStart:
      Require(data, "next");
      break;
    case NodeType::kTransaction:
      Require(data, "startEventType");
      node.start_event_type = data.String("startEventType", 64).value_or("");
      if (const auto* configuration = data.Object("configuration")) {
        node.configuration = *configuration;
      }
      break;
    case NodeType::kGateway:
      ReadBranches(data, node, faults);
      break;
    case NodeType::kRequirement:
      node.action = data.String("action", 64).value_or("");
      if (node.action != kActionSetPaymentMethod && node.action != kActionRedirect) {
        data.Fault("action", "must be SET_PAYMENT_METHOD or REDIRECT");
      }
      break;
  }
}

std::optional<FlowNode> ReadNode(const base::json::value& value, const std::string& pointer,
                                 std::vector<FieldError>& faults) {
  const auto* object = value.if_object();
  if (!object) {
    faults.push_back({pointer, "must be an object"});
    return std::nullopt;
  }
  JsonReader reader(*object, pointer, &faults);
  auto type = NodeTypeNamed(reader.String("type", 32).value_or(""));
  if (!type) reader.Fault("type", "must be start, transaction, gateway or requirement");
  const auto* data = reader.Object("data");
  if (!data) reader.Fault("data", "is required");
  if (!type || !data) return std::nullopt;
  FlowNode node;
  node.type = *type;
  JsonReader data_reader(*data, pointer + "/data", &faults);
  ReadData(data_reader, node, faults);
  return node;
}

}  // namespace

base::Result<Flow> Flow::Parse(std::string_view text) {
  auto document = base::ParseJson(text);
  if (!document) return std::unexpected(document.error());
  const auto* root = document->if_object();
  if (!root) return base::Invalid("", "a flow is a JSON object");
  std::vector<FieldError> faults;
  JsonReader reader(*root, "", &faults);
  Flow flow;
  Require(reader, "name");
  flow.name_ = reader.String("name", 64).value_or("");
  Require(reader, "start");
  flow.start_ = ReadId(reader, "start").value_or(Uuid{});
  Require(reader, "nodes");
  if (const auto* nodes = reader.Array("nodes", 256)) {
    for (std::size_t i = 0; i < nodes->size(); ++i) {
      std::string pointer = "/nodes/" + std::to_string(i);
      auto node = ReadNode((*nodes)[i], pointer, faults);
      if (!node) continue;
      Uuid id = node->id;
      if (!flow.nodes_.emplace(id, std::move(*node)).second) {
        faults.push_back({pointer + "/data/id", "is used twice"});
      }
    }
  }
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  if (auto graph = flow.CheckGraph(); !graph) return std::unexpected(graph.error());
  return flow;
}

base::Status Flow::CheckGraph() const {
  auto start = nodes_.find(start_);
  if (start == nodes_.end() || start->second.type != NodeType::kStart) {
    return base::Invalid("/start", "must name a node of type start");
  }
  auto check = [&](const FlowNode& from, const std::optional<Uuid>& next) -> base::Status {
    if (!next) return {};
    auto to = nodes_.find(*next);
    std::string link = base::ToString(from.id) + " continues with " + base::ToString(*next);
    if (to == nodes_.end()) return base::Invalid("/nodes", link + ", which is no node");
    if (to->second.type == NodeType::kStart) {
      return base::Invalid("/nodes", link + ", which is a start");
    }
    bool has_result = from.type == NodeType::kTransaction || from.type == NodeType::kRequirement;
    if (to->second.type == NodeType::kGateway && !has_result) {
      return base::Invalid("/nodes", link + ", a gateway, but there is no result to route by");
    }
    return {};
  };
  for (const auto& [id, node] : nodes_) {
    if (auto status = check(node, node.next); !status) return status;
    for (const auto& branch : node.continues_with) {
      if (auto status = check(node, branch.next); !status) return status;
    }
  }
  return {};
}

FlowStep Flow::StepAt(const Uuid& id) const {
  const FlowNode& node = nodes_.at(id);
  CHECK(node.type == NodeType::kTransaction || node.type == NodeType::kRequirement);
  auto kind = node.type == NodeType::kTransaction ? FlowStep::Kind::kTransaction
                                                  : FlowStep::Kind::kRequirement;
  return {kind, &node, false};
}

FlowStep Flow::Begin() const {
  return StepAt(*nodes_.at(start_).next);
}

FlowStep Flow::Continue(const Uuid& node, std::string_view result) const {
  const bool succeeded = result == kResultSuccess;
  const FlowNode& from = nodes_.at(node);
  if (!from.next) return {FlowStep::Kind::kEnd, nullptr, succeeded};
  const FlowNode& to = nodes_.at(*from.next);
  if (to.type != NodeType::kGateway) {
    if (!succeeded) return {FlowStep::Kind::kEnd, nullptr, false};
    return StepAt(to.id);
  }
  for (const auto& branch : to.continues_with) {
    if (branch.result != result) continue;
    if (!branch.next) return {FlowStep::Kind::kEnd, nullptr, succeeded};
    return StepAt(*branch.next);
  }
  return {FlowStep::Kind::kEnd, nullptr, false};
}

}  // namespace obolus::sandbox
