// The [vault] section of the configuration and [vault.guardian] below it, as what main/wiring and
// `obolus check` make a vault of. Guardian is also read where cards rest in our own store: a change
// of vault must not keep older cards from being deleted. Called by main/config.
#pragma once

#include "main/config.h"
#include "main/config_values.h"
#include "vault/guardian_vault.h"

namespace obolus::main {

// Faults go to `values`.
void ReadVault(ConfigValues& values, Config& config);

vault::GuardianOptions GuardianOptionsOf(const Config& config);

}  // namespace obolus::main
