// What a campaign has reached: every kind of fault, every named point (passed, and crashed at) and
// every row of the session machine's table. A count of 0 fails the campaign, because an invariant
// that held where nothing happened says nothing. Filled by all parts of the simulation, printed by
// `simulate`. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "domain/session_machine.h"

namespace obolus::simulation {

enum class FaultKind : std::uint8_t {
  kRequestLost,
  kRequestRepeated,
  kRequestLate,
  kAnswerLost,
  kAnswerLate,
  kCrashAtPoint,
  kCrashAtOnce,     // between two steps
  kCommitFails,     // nothing is kept, kUnavailable is told
  kCommitUnknown,   // all is kept, kUnavailable is told
  kCrashInCommit,   // the batch is kept or lost, nobody is told
  kCallFails,       // one read or write of a body, and with it the batch
  kBodiesRunAgain,  // rolled back, and run a second time
  kStoreSlow,
  kStoreFull,  // kRateLimited
  kClockForward,
  kClockBack,
  kClockSkewed,    // one process's
  kServerKeyNew,   // a process starts with a newer key for session keys
  kEventLost,      // on its way to the bridge
  kEventRepeated,  // by the network
  kEventLate,      // later than the relay waits, later than its lease
  kBridgeOutage,   // 503 for a while
  kBridge4xx,
  kBridge5xx,
  kBridgeGone,        // 410, 415
  kBridgeRetryAfter,  // 429, with sane and insane wishes
  kBridgeSilent,      // accepted, and the answer is lost
  kVaultRefuses,
  kVaultUnavailable,
  kVaultSilent,     // it has the card, the answer is lost
  kVaultLate,       // the answer comes after the lease
  kInboundAgain,    // Commerce sends an acknowledged event once more
  kInboundEarly,    // before its session exists
  kKeyForOtherBody  // an idempotency key is used for another request
};
inline constexpr std::size_t kFaultKinds = 34;
std::string_view ToString(FaultKind kind);  // "request_lost", ...

struct Coverage {
  std::array<std::uint64_t, kFaultKinds> faults{};
  std::array<std::uint64_t, base::kFaultPoints> passed{};
  std::array<std::uint64_t, base::kFaultPoints> crashed{};
  std::vector<std::uint64_t> rows = std::vector<std::uint64_t>(domain::Transitions().size());

  void Count(FaultKind kind) { ++faults[static_cast<std::size_t>(kind)]; }
  void CountRow(const domain::Transition& row) {
    ++rows[static_cast<std::size_t>(&row - domain::Transitions().data())];
  }
  void Add(const Coverage& other);
  void Print(std::FILE* out) const;
  std::vector<std::string> Missing() const;  // names of what has the count 0
};

}  // namespace obolus::simulation
