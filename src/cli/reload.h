// `obolus reload`: tells a running Obolus to read its certificates, keys and API keys again, and
// prints a line for each step. Called by main/main; waits for
// the answer.
#pragma once

#include "cli/operator_client.h"

namespace obolus::cli {

struct ReloadReport {
  std::string text;
  bool ok = false;  // every step took what its files hold
};

// `json`: the answer as it came. Errors of Ask.
base::Result<ReloadReport> AskToReload(const OperatorAddress& address, bool json);

}  // namespace obolus::cli
