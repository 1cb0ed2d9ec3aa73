// Plays scenarios against a running sandbox and its Obolus: step by step until one goes wrong, and
// then a last look at what the event bridge holds against any of their terminals (two outcomes, a
// contradiction, changed bytes). Many at once on threads of their own, those that wait longest
// first. Used by trigger.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "sandbox/sandbox_client.h"
#include "sandbox/scenario.h"

namespace obolus::sandbox {

struct ScenarioEnd {
  std::string name;
  bool passed = false;
  bool unreachable = false;           // no sandbox or no Obolus answered
  std::string message;                // "name.scenario:12: expect ...: it is open (after 10 s)"
  std::vector<std::string> sessions;  // ids of what it opened
  double seconds = 0;
};

base::json::object ToJson(const ScenarioEnd& end);

ScenarioEnd PlayScenario(const SandboxClient& client, const Scenario& scenario);

// `ended` is called as each ends, one at a time. At most `parallel` at once.
void PlayScenarios(const SandboxClient& client, std::vector<const Scenario*> scenarios,
                   std::size_t parallel, const std::function<void(const ScenarioEnd&)>& ended);

}  // namespace obolus::sandbox
