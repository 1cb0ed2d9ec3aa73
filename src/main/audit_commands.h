// `obolus audit verify|export|tail` on the command line: which files and which key, what is known
// of the log's head, and the record that it was read. Exit codes: 0 the log is whole; 1 it is not;
// 2 nothing was read; 64 usage; 78 the configuration is wrong. Called by main/main.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

namespace obolus::main {

// Adds the commands. `code`: the exit code, set when one of them runs; it outlives `app`.
void AddAudit(CLI::App& app, int& code);

}  // namespace obolus::main
