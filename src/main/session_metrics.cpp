#include "main/session_metrics.h"

#include <string>

#include "domain/session_machine.h"

namespace obolus::main {
namespace {

base::Counter Entered(base::Metrics& metrics, domain::SessionKind kind,
                      domain::SessionState state) {
  return metrics.AddCounter("obolus_sessions_total", "Sessions that entered a state, by kind.",
                            {{"kind", std::string(domain::ToString(kind))},
                             {"state", std::string(domain::ToString(state))}});
}

}  // namespace

SessionMetrics::SessionMetrics(base::Metrics& metrics) {
  for (const domain::Transition& row : domain::Transitions()) {
    for (const auto state : {row.from, row.to}) {
      entered_.try_emplace({row.kind, state}, Entered(metrics, row.kind, state));
    }
  }
}

void SessionMetrics::Count(const app::CommitNotice& notice) const {
  for (const app::SessionChange& change : notice.sessions) {
    if (!change.entered) continue;
    const auto counter = entered_.find({change.kind, change.state});
    if (counter != entered_.end()) counter->second.Add();
  }
}

}  // namespace obolus::main
