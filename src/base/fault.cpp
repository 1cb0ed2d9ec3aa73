#include "base/fault.h"

#include <atomic>

namespace obolus::base {

std::string_view ToString(FaultPoint point) {
  switch (point) {
    case FaultPoint::kRequestRead:
      return "request_read";
    case FaultPoint::kBodyRan:
      return "body_ran";
    case FaultPoint::kBeforeCommit:
      return "before_commit";
    case FaultPoint::kAfterCommit:
      return "after_commit";
    case FaultPoint::kBeforeAnswer:
      return "before_answer";
    case FaultPoint::kVaultAnswered:
      return "vault_answered";
    case FaultPoint::kEventsClaimed:
      return "events_claimed";
    case FaultPoint::kEventDelivered:
      return "event_delivered";
    case FaultPoint::kDeliverySaved:
      return "delivery_saved";
    case FaultPoint::kSweepFound:
      return "sweep_found";
  }
  return "";
}

#ifdef OBOLUS_FAULTS
namespace {
std::atomic<void (*)(FaultPoint)> hook_of_this_process = nullptr;
}  // namespace

void SetFaultHook(void (*hook)(FaultPoint)) {
  hook_of_this_process = hook;
}

void Reach(FaultPoint point) {
  if (auto* hook = hook_of_this_process.load(std::memory_order_relaxed)) hook(point);
}
#endif

}  // namespace obolus::base
