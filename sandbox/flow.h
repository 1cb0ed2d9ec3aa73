// A payment flow as Commerce publishes it: {name, start, nodes[{type, data}]} with nodes of type
// start, transaction, gateway and requirement. Parsing checks the whole graph once, so that walking
// it cannot fail: `Begin` and `Continue` say what happens next. Pure and immutable; used by
// Payment, any thread.
//
// Members beyond the published ones are ours: a requirement has `action`, `timeOut` and `next`; a
// gateway's branch is {"result", "next"}, where a null `next` ends the flow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"

namespace obolus::sandbox {

inline constexpr std::string_view kResultSuccess = "SUCCESS";
inline constexpr std::string_view kResultFailed = "FAILED";
inline constexpr std::string_view kResultChallenge = "3DS_CHALLENGE";

inline constexpr std::string_view kActionSetPaymentMethod = "SET_PAYMENT_METHOD";
inline constexpr std::string_view kActionRedirect = "REDIRECT";

enum class NodeType { kStart, kTransaction, kGateway, kRequirement };

struct FlowBranch {
  std::string result;
  std::optional<base::Uuid> next;  // absent: the flow ends here
};

struct FlowNode {
  NodeType type = NodeType::kStart;
  base::Uuid id;
  std::optional<base::Uuid> next;
  std::string start_event_type;            // transaction: the CloudEvent that starts the processor
  base::json::object configuration;        // transaction: handed to the processor as it is
  std::string action;                      // requirement: SET_PAYMENT_METHOD or REDIRECT
  std::int64_t time_out_s = 0;             // transaction and requirement; 0: none
  std::vector<FlowBranch> continues_with;  // gateway
};

struct FlowStep {
  enum class Kind { kTransaction, kRequirement, kEnd };
  Kind kind = Kind::kEnd;
  const FlowNode* node = nullptr;  // owned by the flow; null at the end
  bool succeeded = false;          // at the end
};

class Flow {
 public:
  // kMalformed: not JSON. kInvalid, naming the member: a missing or wrong member, an unknown node
  // type or action, an id twice, a `next` that names no node, a start that is not one, a gateway
  // that follows no result.
  static base::Result<Flow> Parse(std::string_view text);

  const std::string& name() const { return name_; }
  std::size_t size() const { return nodes_.size(); }

  FlowStep Begin() const;

  // What follows when the transaction or requirement `node` has ended with `result`. A failure that
  // no gateway routes ends the flow, and so does a result that the gateway does not list.
  FlowStep Continue(const base::Uuid& node, std::string_view result) const;

 private:
  Flow() = default;
  base::Status CheckGraph() const;
  FlowStep StepAt(const base::Uuid& id) const;

  std::string name_;
  base::Uuid start_;
  std::unordered_map<base::Uuid, FlowNode> nodes_;
};

}  // namespace obolus::sandbox
