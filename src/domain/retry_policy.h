// How often a shopper may try a card in one session, and how long a refused one keeps the next from
// being looked at. The policy is the operator's, Commerce may set other terms for one session, and
// the session remembers what has happened. Pure; called by session_machine, which decides by it,
// and by those who show it: http/ to shoppers and operators, app/submit_card in its answers.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "domain/session.h"

namespace obolus::domain {

inline constexpr int kMostAttempts = 100;
inline constexpr std::size_t kMostCoolDowns = 16;
inline constexpr std::chrono::seconds kLongestCoolDown{3600};

struct Policy {
  int max_attempts = 5;  // the last of them fails the session; 0: none does
  bool tds_result_on_expiry = true;
  bool card_session_failed_on_expiry = true;
  // 3DS: what Commerce has at least, from the shopper's return on, before the session expires.
  std::chrono::seconds confirm_within{120};
  // After the n-th refusal the n-th; the last one goes on. Empty: none.
  std::vector<std::chrono::seconds> cool_downs = {};
  // Cards that our own checks refuse (Luhn digit, expiry, …) count like those that a vault refuses.
  bool count_typing_errors = true;
};

// As the session's own terms or else the policy say; 0: as many as the shopper likes.
int MaxAttempts(const Session& session, const Policy& policy);

// None: as many as the shopper likes.
std::optional<int> AttemptsLeft(const Session& session, const Policy& policy);

// Until a card is looked at again, in seconds, rounded up; none: now, or never.
std::optional<std::chrono::seconds> CoolDownLeft(const Session& session, const Policy& policy,
                                                 Timestamp now);

}  // namespace obolus::domain
