#include "main/outbox_watch.h"

#include "app/inspect.h"
#include "base/log.h"

namespace obolus::main {

void OutboxWatch::Start() {
  Round();
}

void OutboxWatch::Round() {
  app::CountOutbox(services_, [this](const base::Result<app::OutboxCounts>& counts) {
    if (counts) Look(*counts);
    scheduler_.After(kInterval, [this] { Round(); });
  });
}

void OutboxWatch::Look(const app::OutboxCounts& counts) {
  const base::Timestamp now = services_.clock.Now();
  if (!counts.oldest_pending || now - *counts.oldest_pending < kLate) return;
  if (said_at_ && now - *said_at_ < kBetweenLines) return;
  said_at_ = now;
  base::Log(base::LogLevel::kWarn, "outbox_is_behind",
            {{base::Field::kCount, counts.pending},
             {base::Field::kAgeMs, std::int64_t{(now - *counts.oldest_pending).count()}}});
}

}  // namespace obolus::main
