#include "app/cancel_session.h"

#include "app/commit_decision.h"

namespace obolus::app {

void Execute(const Services& services, const CancelSession& command, base::Done<SessionView> done) {
  const auto id = OpenKey(services, command.key);
  if (!id) return done(std::unexpected(id.error()));
  const Timestamp now = services.clock.Now();
  Transact<SessionView>(
      services.store,
      [&services, id = *id, now, cause = command.cause](Transaction& tx) -> Result<SessionView> {
        auto session = Load(tx, id);
        if (!session) return std::unexpected(session.error());
        auto next = Apply(tx, services, *session, domain::Cancel{}, {now, cause});
        if (!next) return std::unexpected(next.error());
        return View(tx, services, std::move(*next), now);
      },
      std::move(done));
}

void Execute(const Services& services, const CancelForShopper& command,
             base::Done<SessionHistory> done) {
  const Timestamp now = services.clock.Now();
  Transact<SessionHistory>(
      services.store,
      [&services, id = command.id, now,
       cause = command.cause](Transaction& tx) -> Result<SessionHistory> {
        auto history = ReadHistory(tx, id);
        if (!history) return history;
        auto next = Apply(tx, services, history->session, domain::Cancel{}, {now, cause});
        if (!next) return std::unexpected(next.error());
        return ReadHistory(tx, next->id);
      },
      std::move(done));
}

}  // namespace obolus::app
