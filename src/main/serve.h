// `obolus serve`: runs until SIGTERM or SIGINT, then stops without losing anything; SIGHUP
// reloads (main/reload). Called by
// main/main on the main thread, which only waits for the signal.
#pragma once

#include "main/config.h"

namespace obolus::main {

// The exit code: 0 after a clean stop, 69 when it could not start, 70 when something did not finish
// in time; 78 when OBOLUS_FAULT_PLAN (main/fault_plan) is not understood or not possible here.
int Serve(Config config);

}  // namespace obolus::main
