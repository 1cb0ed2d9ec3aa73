// What a shopper's browser may know of its session (contract §4.1): the session, the challenge that
// waits for it, and what to do next. Read-only, by session key. Called by http/shopper_routes for
// the client protocol, its streams and the pages.
#pragma once

#include <optional>
#include <string>

#include "app/services.h"

namespace obolus::app {

struct SessionView {
  domain::Session session;
  std::optional<std::string>
      challenge_key{};  // payment: an open 3DS session of the same payment; 3DS: its own
  Timestamp now;
  // Of the CReq of that 3DS session, "01" to "05" (EMV 3DS 2.3.1 challengeWindowSize).
  std::optional<std::string> window_size{};
  // Payment whose card was taken: its last challenge ended, and not well. Commerce's StateChanged
  // may say otherwise, but may also come much later; until then nobody may be told that it is paid.
  std::optional<domain::FailureCode> challenge_failure{};

  bool IsExpired() const {
    return session.state == domain::SessionState::kExpired ||
           (!IsEnded() && now >= session.expires_at);
  }
  bool IsEnded() const { return domain::IsEnd(session.kind, session.state); }
};

// The session that a "pay_" or "tds_" key opens. Errors: kNotFound, kUnavailable.
void ShowSession(const Services& services, const std::string& key, base::Done<SessionView> done);

// The same inside a transaction, for use cases that answer with the next state.
Result<SessionView> View(Transaction& tx, const Services& services, domain::Session session,
                         Timestamp now);

// The id that a "pay_" or "tds_" key names. kNotFound.
Result<Uuid> OpenKey(const Services& services, std::string_view key);

}  // namespace obolus::app
