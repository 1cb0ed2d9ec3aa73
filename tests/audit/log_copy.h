// An audit log as bytes in memory, to be changed and verified again without a disk; and what
// audit_check counts of that, and of processes that were killed. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/hash_chain.h"

namespace obolus::audit_check {

struct LogCopy {
  std::vector<std::pair<std::string, std::string>> files;  // name and bytes, oldest first
  std::string head_text;                                   // of audit.head
  base::ChainHead head;
};

inline constexpr std::string_view kKey = "a key of this program: 32 bytes.";

struct Count {
  std::string edit;
  std::uint64_t tried = 0;
  std::uint64_t found = 0;
};

// Every edit of a kind that there is, and how many verification found; of changed bytes, each
// `every`-th.
std::vector<Count> TryEdits(const LogCopy& log, std::size_t every);

struct KillCount {
  std::uint64_t acknowledged = 0;
  std::uint64_t lost = 0;
  std::uint64_t torn = 0;         // starts that found a line that was not written to its end
  std::uint64_t broken_logs = 0;  // that do not verify afterwards
};

// A process that records as fast as it can, killed `kills` times; `folder` is its own.
KillCount Kill(const std::string& folder, std::size_t kills);

}  // namespace obolus::audit_check
