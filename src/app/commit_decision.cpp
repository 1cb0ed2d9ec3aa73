#include "app/commit_decision.h"

#include "app/cloud_event.h"

namespace obolus::app {

Status CommitDecision(Transaction& tx, const Services& services, const domain::Decision& decision,
                      Timestamp now) {
  if (!decision.changed) return {};
  if (auto saved = tx.SaveSession(decision.session, decision.entered); !saved) return saved;
  if (decision.event) {
    auto row = FreezeEvent(*decision.event, decision.session, services, now);
    if (auto inserted = tx.InsertEvent(row); !inserted) return inserted;
  }
  if (decision.destroys_card && decision.session.kind == domain::SessionKind::kPayment) {
    if (auto deleted = tx.DeleteCardsOf(decision.session.id); !deleted) return deleted;
  }
  return {};
}

Result<domain::Session> Apply(Transaction& tx, const Services& services,
                              const domain::Session& session, const domain::Command& command,
                              Timestamp now) {
  auto decision = domain::Decide(session, command, services.settings.policy, now);
  if (!decision) return std::unexpected(decision.error());
  if (auto committed = CommitDecision(tx, services, *decision, now); !committed) {
    return std::unexpected(committed.error());
  }
  return std::move(decision->session);
}

Result<domain::Session> Load(Transaction& tx, const Uuid& session_id) {
  auto found = tx.FindSession(session_id);
  if (!found) return std::unexpected(found.error());
  if (!*found) return base::Fail(base::ErrorCode::kNotFound, "no session has this key");
  return std::move(**found);
}

}  // namespace obolus::app
