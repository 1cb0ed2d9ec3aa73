// The [forward] section of the configuration, and what [vault] says of security codes, as what
// main/wiring makes the forward call of. Called by main/config.
#pragma once

#include "app/forward_limits.h"
#include "main/config.h"
#include "main/config_values.h"
#include "vault/transient_codes.h"

namespace obolus::main {

// After ReadVault and the store. Faults go to `values`.
void ReadForward(ConfigValues& values, Config& config);

vault::ForwarderOptions ForwarderOptionsOf(const Config& config);
vault::TransientCodeOptions CodeOptionsOf(const Config& config);
app::ForwardLimitOptions ForwardLimitsOf(const Config& config);

}  // namespace obolus::main
