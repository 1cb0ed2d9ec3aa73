#include "sandbox/scenario_run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "sandbox/scenario_steps.h"
#include "sandbox/stage.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

bool LooksAtAnswer(const ScenarioLine& line) {
  return line.step->pattern.starts_with("expect the answer");
}

// An answer that no next line looks at must be a good one.
base::Status CheckUnlooked(Stage& stage, const ScenarioLine* next) {
  Answer& answer = stage.answer();
  if (!answer.unchecked || (next && LooksAtAnswer(*next))) return {};
  answer.unchecked = false;
  if (answer.status < 400) return {};
  return base::Invalid(
      "", "it was answered " + std::to_string(answer.status) + " " + base::ToText(answer.body));
}

base::Status CheckViolations(Stage& stage, const std::vector<std::string>& terminals) {
  auto report = stage.client().Get("/control/report");
  if (!report) return std::unexpected(report.error());
  for (const auto& violation : report->at("violations").as_array()) {
    const std::string terminal = base::FindString(violation, "/terminal_id").value_or("");
    if (std::ranges::find(terminals, terminal) == terminals.end()) continue;
    return base::Invalid("", "the event bridge holds a violation: " + base::ToText(violation));
  }
  return {};
}

}  // namespace

json::object ToJson(const ScenarioEnd& end) {
  json::array sessions;
  for (const auto& id : end.sessions) sessions.push_back(json::value(id));
  return {{"scenario", end.name},
          {"passed", end.passed},
          {"message", end.message},
          {"sessions", std::move(sessions)},
          {"seconds", end.seconds}};
}

ScenarioEnd PlayScenario(const SandboxClient& client, const Scenario& scenario) {
  const auto began = std::chrono::steady_clock::now();
  ScenarioEnd end{.name = scenario.name, .message = "", .sessions = {}};
  Stage stage(client);
  base::Status outcome;
  const ScenarioLine* at = nullptr;
  for (std::size_t i = 0; outcome && i < scenario.lines.size(); ++i) {
    at = &scenario.lines[i];
    outcome = at->step->run(stage, *at);
    const auto* next = i + 1 < scenario.lines.size() ? &scenario.lines[i + 1] : nullptr;
    if (outcome) outcome = CheckUnlooked(stage, next);
  }
  if (stage.pending().valid()) stage.pending().wait();
  if (outcome) outcome = CheckViolations(stage, stage.Terminals());
  end.sessions = stage.SessionIds();
  end.passed = outcome.has_value();
  if (!outcome) {
    end.unreachable = outcome.error().code == base::ErrorCode::kUnavailable ||
                      outcome.error().code == base::ErrorCode::kTimeout;
    end.message = scenario.name + std::string(kScenarioSuffix) + ":" + std::to_string(at->number) +
                  ": " + at->text + ": " + outcome.error().message;
  }
  end.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return end;
}

void PlayScenarios(const SandboxClient& client, std::vector<const Scenario*> scenarios,
                   std::size_t parallel, const std::function<void(const ScenarioEnd&)>& ended) {
  std::ranges::sort(scenarios, [](const Scenario* a, const Scenario* b) {
    return std::pair(-a->LongestWaitSeconds(), a->name) <
           std::pair(-b->LongestWaitSeconds(), b->name);
  });
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::vector<std::jthread> players;
  for (std::size_t i = 0; i < std::min(parallel, scenarios.size()); ++i) {
    players.emplace_back([&] {
      for (std::size_t mine = next++; mine < scenarios.size(); mine = next++) {
        const auto end = PlayScenario(client, *scenarios[mine]);
        std::lock_guard lock(mutex);
        ended(end);
      }
    });
  }
}

}  // namespace obolus::sandbox
