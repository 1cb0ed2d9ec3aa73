// Named points of the way that a request or an event takes, where tests make the program die or
// fail: between any two of them lies a promise that must hold. Compiled in with OBOLUS_FAULTS
// (every preset but release), where each costs one load; elsewhere they are nothing. A hook is set
// by main/ (from the environment) or by the simulation.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace obolus::base {

enum class FaultPoint : std::uint8_t {
  kRequestRead,     // a request is whole, nothing has been done
  kBodyRan,         // a body ran, its writes are not committed
  kBeforeCommit,    // all bodies of a batch ran
  kAfterCommit,     // the batch is durable, nobody has been told
  kBeforeAnswer,    // the answer is made, not sent
  kVaultAnswered,   // the vault has the card (or sealed it), the session does not say so yet
  kEventsClaimed,   // the claim is durable, nothing is sent
  kEventDelivered,  // the bridge has answered, that is not written down
  kDeliverySaved,   // it is written down
  kSweepFound,      // the sweep has found due sessions, none is changed
};
inline constexpr std::size_t kFaultPoints = 10;

std::string_view ToString(FaultPoint point);  // "request_read", ...

#ifdef OBOLUS_FAULTS
// `hook` may end the process or throw; nullptr: none. Set before other threads start.
void SetFaultHook(void (*hook)(FaultPoint));
void Reach(FaultPoint point);
#else
inline void Reach(FaultPoint /*point*/) {}
#endif

}  // namespace obolus::base
