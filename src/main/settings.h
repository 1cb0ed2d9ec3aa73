// What the use cases need of the configuration, in their own terms: times, addresses, the policy of
// sessions and the table of co-badged cards. Pure; called once by main/wiring.
#pragma once

#include "app/services.h"
#include "main/config.h"

namespace obolus::main {

app::Settings SettingsOf(const Config& config);

}  // namespace obolus::main
