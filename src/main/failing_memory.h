// Makes operator new fail at chosen calls of the whole process, on every thread. The replaced
// operators and their counter exist only in builds with OBOLUS_FAULTS; armed by main/fault_plan
// when the first request is read, so that starting always works.
#pragma once

#include <cstdint>

namespace obolus::main {

struct MemoryFaults {
  std::uint64_t at = 0;     // the first call that fails, from 1
  std::uint64_t every = 0;  // and each so-many-th after it; 0: none
};

// Twice is harmless: the first counts. `at` 0 ends it.
void ArmMemoryFaults(const MemoryFaults& faults);
std::uint64_t MemoryFaultsRaised();

}  // namespace obolus::main
