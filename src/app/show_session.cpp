#include "app/show_session.h"

#include "app/commit_decision.h"
#include "app/emv_message.h"

namespace obolus::app {

Result<Uuid> OpenKey(const Services& services, std::string_view key) {
  const auto purpose = PurposeOf(key);
  if (!purpose) return std::unexpected(purpose.error());
  if (*purpose == KeyPurpose::kReturn) {
    return base::Fail(base::ErrorCode::kNotFound, "no session has this key");
  }
  return services.keys.Open(*purpose, key);
}

namespace {

std::optional<std::string> WindowSizeOf(const domain::Session& session) {
  if (!session.challenge) return std::nullopt;
  const auto* emv = std::get_if<domain::EmvChallenge>(&*session.challenge);
  if (emv == nullptr) return std::nullopt;
  auto creq = ReadEmvMessage(emv->creq);
  return creq ? std::move(creq->window_size) : std::nullopt;
}

}  // namespace

Result<SessionView> View(Transaction& tx, const Services& services, domain::Session session,
                         Timestamp now) {
  SessionView view{std::move(session), std::nullopt, now, std::nullopt};
  const domain::Session& shown = view.session;
  if (shown.kind == domain::SessionKind::kTds) {
    view.challenge_key = services.keys.Make(KeyPurpose::kTds, shown.id);
    view.window_size = WindowSizeOf(shown);
  } else if (shown.state == domain::SessionState::kCreated) {
    auto challenge = tx.FindChallengeOf(shown.terminal_id);
    if (!challenge) return std::unexpected(challenge.error());
    if (!*challenge) return view;
    const SessionView challenged{.session = std::move(**challenge), .now = now};
    if (challenged.IsExpired()) {
      view.challenge_failure = domain::FailureCode::kSessionExpired;
    } else if (!challenged.IsEnded()) {
      view.challenge_key = services.keys.Make(KeyPurpose::kTds, challenged.session.id);
      view.window_size = WindowSizeOf(challenged.session);
    } else {
      view.challenge_failure = challenged.session.failure;
    }
  }
  return view;
}

void ShowSession(const Services& services, const std::string& key, base::Done<SessionView> done) {
  const auto id = OpenKey(services, key);
  if (!id) return done(std::unexpected(id.error()));
  Read<SessionView>(
      services.store,
      [&services, id = *id](Transaction& tx) -> Result<SessionView> {
        auto session = Load(tx, id);
        if (!session) return std::unexpected(session.error());
        return View(tx, services, std::move(*session), services.clock.Now());
      },
      std::move(done));
}

}  // namespace obolus::app
