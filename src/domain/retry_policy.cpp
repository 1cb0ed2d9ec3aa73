#include "domain/retry_policy.h"

#include <algorithm>

namespace obolus::domain {

using std::chrono::seconds;

int MaxAttempts(const Session& session, const Policy& policy) {
  return session.retries.max_attempts.value_or(policy.max_attempts);
}

std::optional<int> AttemptsLeft(const Session& session, const Policy& policy) {
  const int most = MaxAttempts(session, policy);
  if (most == 0) return std::nullopt;
  return std::max(most - session.attempts, 0);
}

std::optional<seconds> CoolDownLeft(const Session& session, const Policy& policy, Timestamp now) {
  const auto& cool_downs =
      session.retries.cool_downs ? *session.retries.cool_downs : policy.cool_downs;
  const bool waits = session.kind == SessionKind::kPayment && session.state == SessionState::kOpen;
  if (!waits || !session.refused_at || session.attempts < 1 || cool_downs.empty()) {
    return std::nullopt;
  }
  const auto last = cool_downs.size() - 1;
  const seconds whole = cool_downs[std::min(static_cast<std::size_t>(session.attempts) - 1, last)];
  const Timestamp over = *session.refused_at + whole;
  if (whole == seconds(0) || now >= over) return std::nullopt;
  // Two clocks may differ by a little, and the time shown is never more than what was meant.
  return std::min(std::chrono::ceil<seconds>(over - now), whole);
}

}  // namespace obolus::domain
