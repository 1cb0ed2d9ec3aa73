// `obolus check`: would `obolus serve` work with this configuration, and if not, what is there to
// do? Looks at the configuration, the data folder and keys, locked memory, and whether the bridge
// answers. Changes nothing. Called by main.
#pragma once

#include <string>

#include "base/result.h"
#include "main/config.h"

namespace obolus::main {

struct CheckReport {
  std::string text;  // one line a finding: "ok", "warn" or "FAIL", what, and what to do
  bool ok = true;
};

CheckReport CheckInstallation(const Config& config);

// The faults of a configuration as lines for a person.
std::string DescribeFaults(const base::Error& error);

}  // namespace obolus::main
