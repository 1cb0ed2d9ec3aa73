// `obolus apikey create|list|revoke`: the command line before cli/api_key_file. Without --name,
// create only prints a key and its digest for commerce.api_keys, as it always did. Used by
// main/main.
#pragma once

#include <CLI/CLI.hpp>

namespace obolus::main {

// `code` gets the exit code of the command that ran; it outlives `app`'s parsing.
void AddApiKeyCommands(CLI::App& app, int& code);

}  // namespace obolus::main
