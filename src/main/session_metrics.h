// What monitoring sees of sessions: how many entered each state, by kind, so that rates of paid,
// cancelled, expired and voided sessions can be told. Counts from the store's commit notices, so
// only what was kept, and once. Used by Wiring; any thread.
#pragma once

#include <map>
#include <utility>

#include "app/ports/store.h"
#include "base/metrics.h"

namespace obolus::main {

class SessionMetrics {
 public:
  explicit SessionMetrics(base::Metrics& metrics);  // outlives this

  void Count(const app::CommitNotice& notice) const;

 private:
  // One for each state that a session of the kind can be in, from the start, at 0.
  std::map<std::pair<domain::SessionKind, domain::SessionState>, base::Counter> entered_;
};

}  // namespace obolus::main
