// How far the purge of ended sessions has come. Sessions that wait for their events to be settled
// stay, and after days without the bridge there are very many of them: a call looks at a bounded
// number of sessions, and the next one goes on behind them; at the end it begins again. So a sweep
// costs the same however long the backlog is. One for each connection that writes; its thread. Lost
// with the process, which then begins at the oldest.
#pragma once

#include <cstddef>

#include "base/clock.h"
#include "base/id.h"

namespace obolus::storage {

struct PurgeWalk {
  // Sessions looked at for each that may be purged.
  static constexpr std::size_t kLookedAtPerPurged = 4;

  // The last session looked at, in order of (ended_at, id).
  base::Timestamp ended_at;
  base::Uuid id;
};

}  // namespace obolus::storage
