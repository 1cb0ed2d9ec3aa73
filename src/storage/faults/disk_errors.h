// A disk that answers with an error for a while: full, or broken. SQLite gets the code that its own
// files would give it. Installed by main/ from OBOLUS_FAULT_PLAN before the store opens; exists
// only in builds with OBOLUS_FAULTS.
#pragma once

#include <chrono>
#include <cstdint>

namespace obolus::storage::faults {

enum class DiskCall : std::uint8_t { kOpen, kRead, kWrite, kSync, kTruncate };

struct DiskErrors {
  DiskCall call = DiskCall::kWrite;
  std::uint64_t at = 1;               // the first call that fails, of its kind, from 1
  bool full = false;                  // ENOSPC, else EIO
  std::chrono::milliseconds lasts{};  // the calls after it fail for so long; zero: none does
};

// Calls count from the start, or from BeginCounting when `wait`.
void InstallDiskErrors(const DiskErrors& errors, bool wait);
void BeginCounting();

}  // namespace obolus::storage::faults
