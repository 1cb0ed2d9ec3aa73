#include "app/commit_decision.h"

#include "app/cloud_event.h"

namespace obolus::app {

namespace {

// A character of several bytes is not cut apart.
std::string Cut(std::string text) {
  if (text.size() <= domain::kLongestDetail) return text;
  std::size_t end = domain::kLongestDetail;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

domain::TimelineEntry EntryOf(const domain::Session& session, std::string what,
                              const Occasion& occasion) {
  domain::TimelineEntry entry;
  entry.session_id = session.id;
  entry.at = occasion.now;
  entry.cause = occasion.cause;
  entry.what = std::move(what);
  entry.from = session.state;
  entry.to = session.state;
  entry.details = occasion.details;
  for (auto& [name, value] : entry.details) value = Cut(std::move(value));
  return entry;
}

Status AddChange(Transaction& tx, const domain::Decision& decision, const Occasion& occasion) {
  auto entry = EntryOf(decision.session, std::string(ToString(decision.trigger)), occasion);
  entry.from = decision.from;
  entry.event = decision.event;
  entry.changed = true;
  return tx.AppendTimeline(entry, decision.entered ? kMostEntries : kMostNotes);
}

// Said before the commit, as an intent: a body that runs again says it again.
void NoteDeletion(const Services& services, const domain::Decision& decision) {
  services.audit.Record({.kind = domain::AuditKind::kCardDeleted,
                         .actor = "obolus",
                         .object = "card_session:" + decision.session.card_session->id,
                         .details = {{"why", std::string(ToString(decision.trigger))},
                                     {"session", ToString(decision.session.id)}}});
}

// Our own row goes at once. What rests in another vault is deleted there later, by
// app/delete_cards.
Status EndCard(Transaction& tx, const domain::Session& session, Timestamp now) {
  if (auto deleted = tx.DeleteCardsOf(session.id); !deleted) return deleted;
  if (!session.card_session || session.card_session->provider == kEmbeddedProvider) return {};
  return tx.ScheduleDeletion({.card_id = session.card_session->id,
                              .session_id = session.id,
                              .due_at = now,
                              .first_due_at = now});
}

}  // namespace

Status CommitDecision(Transaction& tx, const Services& services, const domain::Decision& decision,
                      const Occasion& occasion) {
  if (!decision.changed) return {};
  if (auto saved = tx.SaveSession(decision.session, decision.entered); !saved) return saved;
  if (auto added = AddChange(tx, decision, occasion); !added) return added;
  if (decision.event) {
    auto row = FreezeEvent(*decision.event, decision.session, services, occasion.now);
    if (auto inserted = tx.InsertEvent(row); !inserted) return inserted;
  }
  if (decision.destroys_card && decision.session.kind == domain::SessionKind::kPayment) {
    if (decision.session.card_session) NoteDeletion(services, decision);
    return EndCard(tx, decision.session, occasion.now);
  }
  return {};
}

Result<domain::Session> Apply(Transaction& tx, const Services& services,
                              const domain::Session& session, const domain::Command& command,
                              const Occasion& occasion) {
  auto decision = domain::Decide(session, command, services.settings.policy, occasion.now);
  if (!decision) return std::unexpected(decision.error());
  if (auto committed = CommitDecision(tx, services, *decision, occasion); !committed) {
    return std::unexpected(committed.error());
  }
  return std::move(decision->session);
}

Status NoteOnTimeline(Transaction& tx, const domain::Session& session, std::string what,
                      const Occasion& occasion) {
  return tx.AppendTimeline(EntryOf(session, std::move(what), occasion), kMostNotes);
}

Result<domain::Session> Load(Transaction& tx, const Uuid& session_id) {
  auto found = tx.FindSession(session_id);
  if (!found) return std::unexpected(found.error());
  if (!*found) return base::Fail(base::ErrorCode::kNotFound, "no session has this key");
  return std::move(**found);
}

}  // namespace obolus::app
