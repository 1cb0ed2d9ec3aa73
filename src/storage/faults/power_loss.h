// A disk that loses what was not synced. It holds every write in memory until SQLite syncs the
// file; at the chosen moment it writes a random part of what is held, in sectors and in any order,
// and ends the process with SIGKILL: what a machine leaves behind when its power goes. Files whose
// directory was not synced may be missing then, or be back. Installed by main/ from
// OBOLUS_FAULT_PLAN before the store opens; exists only in builds with OBOLUS_FAULTS.
#pragma once

#include <cstdint>

namespace obolus::storage::faults {

struct PowerLoss {
  std::uint64_t seed = 0;
  std::uint64_t at = 0;  // the cut comes instead of that write, truncation or sync, from 1
  // Each so-many-th sync answers EIO, after which what it was to make durable is lost as Linux
  // loses it: it still reads back, no later sync writes it. 0: none.
  std::uint64_t failing_syncs = 0;
};

void InstallPowerLoss(const PowerLoss& plan);

}  // namespace obolus::storage::faults
