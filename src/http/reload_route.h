// POST /reload of the operator listener: reads again what may change while Obolus runs
// (certificates, keys, API keys) and answers, step by step, what was taken and what was not. The
// steps themselves are main/reload's, which this room does not know.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "http/router.h"

namespace obolus::http {

// How one step went; after an error what was there before is still in use.
struct ReloadOutcome {
  std::string step;  // "commerce_tls", "api_keys", …
  base::Status status;
};

using ReloadDone = base::Done<std::vector<ReloadOutcome>>;
// Starts all steps for `actor`; `done` is called once, on any thread. kUnavailable: none was run.
using ReloadAll = std::function<void(std::string actor, ReloadDone done)>;

void AddReloadRoute(Router& router, ReloadAll reload);

}  // namespace obolus::http
