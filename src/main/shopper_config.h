// What the shopper listener serves and how much of it, as main/listeners gives it to its server:
// the limits of the other two listeners are those that stand in net/http_server.h. Called by
// main/config.
#pragma once

#include "main/config.h"
#include "main/config_values.h"

namespace obolus::main {

// Faults go to `values`.
void ReadShopperLimits(ConfigValues& values, Config& config);

}  // namespace obolus::main
