// The settings of [vault] that are about keys: where they come from, and how long a change takes to
// be known everywhere. Called by main/config; main/wiring and the `keys` commands use what it read.
#pragma once

#include "main/config.h"
#include "main/config_values.h"
#include "main/keys.h"

namespace obolus::main {

// After ReadVault. Faults go to `values`.
void ReadKeys(ConfigValues& values, Config& config);

KeyPlace KeyPlaceOf(const Config& config);

}  // namespace obolus::main
