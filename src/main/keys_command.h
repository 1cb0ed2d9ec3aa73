// `obolus keys`: asks the running server, and does it itself on file and store where none answers.
// So keys can be seen, rotated and retired before the first start and during an outage. Called by
// main/main; blocks.
#pragma once

#include <string>

#include "base/result.h"
#include "main/config.h"

namespace obolus::main {

struct KeysCommand {
  enum class Verb { kList, kRotate, kRetire, kRewrap };
  Verb verb = Verb::kList;
  std::string kind = "all";  // of kRotate
  std::string id;            // of kRetire
  bool json = false;
};

// The text to print. Errors, in order: kInvalid (kind or id), then those of the server; without one
// those of the store (kConflict: another process has it, so it runs and is elsewhere), of OpenKeys
// and of app/manage_keys.
base::Result<std::string> RunKeysCommand(const Config& config, const KeysCommand& command);

}  // namespace obolus::main
