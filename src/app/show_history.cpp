#include "app/show_history.h"

#include <algorithm>
#include <array>

namespace obolus::app {
namespace {

using domain::SessionKind;

constexpr std::size_t kMostEvents = 1000;

Result<domain::Session> FindNamed(Transaction& tx, const Uuid& id) {
  using Find = Result<std::optional<domain::Session>> (*)(Transaction&, const Uuid&);
  constexpr std::array<Find, 4> kWays = {
      [](Transaction& t, const Uuid& named) { return t.FindSession(named); },
      [](Transaction& t, const Uuid& named) {
        return t.FindByTerminal(SessionKind::kPayment, named);
      },
      [](Transaction& t, const Uuid& named) { return t.FindByTerminal(SessionKind::kTds, named); },
      [](Transaction& t, const Uuid& named) { return t.FindByPayment(named); }};
  for (const Find find : kWays) {
    auto found = find(tx, id);
    if (!found) return std::unexpected(found.error());
    if (*found) return std::move(**found);
  }
  return base::Fail(base::ErrorCode::kNotFound, "no session, terminal or payment has this id");
}

Result<std::optional<Uuid>> FindRelated(Transaction& tx, const domain::Session& session) {
  Result<std::optional<domain::Session>> related = std::nullopt;
  if (session.kind == SessionKind::kPayment) {
    related = tx.FindChallengeOf(session.terminal_id);
  } else if (session.payment_terminal_id) {
    related = tx.FindByTerminal(SessionKind::kPayment, *session.payment_terminal_id);
  }
  if (!related) return std::unexpected(related.error());
  if (!*related) return std::nullopt;
  return (*related)->id;
}

}  // namespace

Result<SessionHistory> ReadHistory(Transaction& tx, const Uuid& id) {
  auto session = FindNamed(tx, id);
  if (!session) return std::unexpected(session.error());
  auto related = FindRelated(tx, *session);
  if (!related) return std::unexpected(related.error());
  auto timeline = tx.ListTimeline(session->id);
  if (!timeline) return std::unexpected(timeline.error());
  auto events = tx.ListEvents({.session_id = session->id, .limit = kMostEvents});
  if (!events) return std::unexpected(events.error());
  timeline->insert(timeline->begin(), domain::OpeningOf(*session));
  std::ranges::reverse(*events);
  return SessionHistory{std::move(*session), *related, std::move(*timeline), std::move(*events)};
}

void ShowHistory(const Services& services, const Uuid& id, base::Done<SessionHistory> done) {
  Read<SessionHistory>(
      services.store, [id](Transaction& tx) { return ReadHistory(tx, id); }, std::move(done));
}

}  // namespace obolus::app
