#include "app/hear_outcomes.h"

#include "app/card_testing.h"
#include "app/commit_decision.h"

namespace obolus::app {
namespace {

using domain::CommerceState;

void Settle(const Services& services, const domain::Session& session) {
  if (!session.commerce_state || *session.commerce_state == CommerceState::kAccepted) return;
  services.card_testing->Settle(session.id, *session.commerce_state != CommerceState::kFailed,
                                services.clock.Now());
}

}  // namespace

void HearOutcomes(const Services& services, const CommitNotice& notice) {
  if (services.card_testing == nullptr) return;
  for (const SessionChange& change : notice.sessions) {
    // A change of state is no word of Commerce's; what another process did is not known.
    if (change.entered && !notice.elsewhere) continue;
    if (!services.card_testing->IsAwaited(change.id)) continue;
    Read<domain::Session>(
        services.store, [id = change.id](Transaction& tx) { return Load(tx, id); },
        [&services](Result<domain::Session> session) {
          if (session) Settle(services, *session);
        });
  }
}

}  // namespace obolus::app
