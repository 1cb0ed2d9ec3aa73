// Who counts as one client, and how much is too much: [limits], and the proxies in front of the
// shopper listener, without which every client behind one would be counted as that proxy. Called by
// main/config.
#pragma once

#include "main/config.h"
#include "main/config_values.h"

namespace obolus::main {

// Faults go to `values`.
void ReadLimits(ConfigValues& values, Config& config);

}  // namespace obolus::main
