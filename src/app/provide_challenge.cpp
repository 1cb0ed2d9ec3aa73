#include "app/provide_challenge.h"

#include "app/commit_decision.h"

namespace obolus::app {

void Execute(const Services& services, ProvideChallenge command, base::Done<domain::Session> done) {
  Transact<domain::Session>(
      services.store,
      [&services, command = std::move(command),
       now = services.clock.Now()](Transaction& tx) -> Result<domain::Session> {
        auto found = tx.FindByTerminal(domain::SessionKind::kTds, command.tds_terminal_id);
        if (!found) return std::unexpected(found.error());
        if (!*found) {
          return base::Fail(base::ErrorCode::kNotFound, "no 3-D Secure session has this terminal");
        }
        return Apply(tx, services, **found, domain::ProvideChallenge{command.challenge},
                     {now, command.cause});
      },
      std::move(done));
}

}  // namespace obolus::app
