// The [sandbox] section of the configuration, and what a serving Obolus has to reach at all: every
// file, folder and port that another setting names, and what name resolution, TLS and time zones
// read. A setting that names a path or a peer has its line in ReachOf. Called by main/config and
// main/sandbox.
#pragma once

#include "main/config.h"
#include "main/config_values.h"
#include "main/landlock.h"

namespace obolus::main {

// Faults go to `values`.
void ReadSandbox(ConfigValues& values, Config& config);

// The longest list that sandbox.read, sandbox.write and sandbox.connect_ports may each be.
inline constexpr std::size_t kMostSandboxEntries = 64;

// Sorted, each once. `environment` as Environment() gives it: of proxies, and of PostgreSQL.
Reach ReachOf(const Config& config, const std::map<std::string, std::string>& environment);

}  // namespace obolus::main
