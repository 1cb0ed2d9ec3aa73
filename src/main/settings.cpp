#include "main/settings.h"

namespace obolus::main {
namespace {

domain::Policy PolicyOf(const Config& config) {
  const auto& cool_downs = config.sessions.retry_cool_down_s;
  return {.max_attempts = static_cast<int>(config.sessions.max_attempts),
          .tds_result_on_expiry = config.sessions.tds_result_on_expiry,
          .card_session_failed_on_expiry = config.sessions.card_session_failed_on_expiry,
          .confirm_within = std::chrono::seconds(config.sessions.confirm_within_s),
          .cool_downs = {cool_downs.begin(), cool_downs.end()},
          .count_typing_errors = config.sessions.count_typing_errors};
}

}  // namespace

app::Settings SettingsOf(const Config& config) {
  const auto url = base::ParseUrl(config.public_url, base::HttpPolicy::kHttpOnLoopback);
  return {
      .public_url = config.public_url,
      .default_origins = config.default_origins,
      // A service that is itself on loopback is being tried out, and so are its shops.
      .http_policy = url && url->IsLoopback() ? base::HttpPolicy::kHttpOnLoopback
                                              : base::HttpPolicy::kHttpsOnly,
      .payment_expires_in = std::chrono::seconds(config.sessions.payment_expires_in_s),
      .tds_expires_in = std::chrono::seconds(config.sessions.tds_expires_in_s),
      .confirm_wait = std::chrono::seconds(config.sessions.confirm_wait_s),
      .card_valid_for = std::chrono::seconds(config.vault.card_valid_for_s),
      .keep_for = std::chrono::hours(config.sessions.keep_for_h),
      .vault_lease = base::Millis(config.vault.lease_ms),
      .terminal_id_in_tds_result = config.bridge.terminal_id_in_tds_result,
      .policy = PolicyOf(config),
      .co_badges = domain::CoBadges(config.cards.co_badges, config.cards.preferred_networks),
  };
}

}  // namespace obolus::main
