// The [cards] section of the configuration, with the operator's table of co-badged cards: a file
// that is read whole at start, so that `obolus check` finds a fault in it and not a shopper. Called
// by main/config.
#pragma once

#include "main/config.h"
#include "main/config_values.h"

namespace obolus::main {

// Faults go to `values`; those of the file name its lines.
void ReadCards(ConfigValues& values, Config& config);

}  // namespace obolus::main
