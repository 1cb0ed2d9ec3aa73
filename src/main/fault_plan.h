// What a test wants to go wrong in this process, from the environment variable OBOLUS_FAULT_PLAN:
// parts with a comma between them, each a word and its values with colons. Exists only in builds
// with OBOLUS_FAULTS, so no release can be made to fail; main/serve reads it before all else.
//
//   kill:before_commit:17    SIGKILL itself the 17th time that it reaches this base::FaultPoint
//   power:7:40               lose power at the 40th write or sync; seed 7
//   power:7:40:5             the same, and each 5th sync fails
//   io:write:3:enospc:1500   from the 3rd write since the first request on, for 1500 ms (0: once)
//   memory:900               the 900th operator new since the first request fails
//   memory:900:50            and each 50th after it
//   synchronous:normal       how SQLite waits for the disk: off, normal or full
//   checkpoint:32            move the write-ahead log into the database after so many pages
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fault.h"
#include "base/result.h"
#include "main/failing_memory.h"
#include "storage/faults/disk_errors.h"
#include "storage/faults/power_loss.h"

namespace obolus::main {

struct FaultPlan {
  struct Kill {
    base::FaultPoint point = base::FaultPoint::kRequestRead;
    std::uint64_t at = 1;  // the so-many-th time, from 1
  };
  std::optional<Kill> kill;
  std::optional<storage::faults::PowerLoss> power;
  std::optional<storage::faults::DiskErrors> io;
  std::optional<MemoryFaults> memory;
  std::string synchronous;  // "OFF", "NORMAL", "FULL"; "": as always
  std::optional<std::uint64_t> checkpoint_pages;
};

// kInvalid, naming the part: not one of those above, twice the same, or power and io together.
base::Result<FaultPlan> ParseFaultPlan(std::string_view text);

// Once, before other threads start and before the store opens.
void Arm(const FaultPlan& plan);

// What was armed; nothing is, by default.
const FaultPlan& ArmedFaults();

}  // namespace obolus::main
