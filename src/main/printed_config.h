// A whole configuration as text, so that a test sees whether a setting changed anything. Tests
// only. One line a group; nothing reads it back.
#pragma once

#include <ostream>
#include <sstream>
#include <string>

#include "base/encoding.h"
#include "main/config.h"

namespace obolus::main {

inline std::string JoinAll(const std::vector<std::string>& texts) {
  std::string joined;
  for (const auto& text : texts) joined += text + ",";
  return joined;
}

inline void Print(std::ostream& out, const ListenerConfig& listener) {
  out << listener.address << ' ' << listener.port << ' ' << static_cast<int>(listener.tls.mode)
      << ' ' << listener.tls.certificate << ' ' << listener.tls.key << ' ' << listener.tls.client_ca
      << ' ' << listener.tls.client_crl << ' ' << JoinAll(listener.tls.client_pins) << ' '
      << static_cast<int>(listener.tls.min_version) << '\n';
}

inline void Print(std::ostream& out, const app::LimitRules& cards,
                  const app::RequestRules& requests) {
  for (const auto& rate : {cards.card, cards.neighbours, cards.range, cards.client, cards.site,
                           cards.unproven, requests.requests}) {
    out << rate.burst << '/' << rate.per_hour << ' ';
  }
  out << cards.enabled << ' ' << cards.outcomes << ' ' << cards.approval_credit << ' '
      << cards.most_credit << ' ' << cards.watch.least_refused << ' ' << cards.watch.refused_share
      << ' ' << cards.watch.rush_factor << ' ' << cards.some_work.bits << ' '
      << cards.more_work.bits << ' ' << cards.some_work.parts << ' ' << requests.streams << '\n';
}

inline void PrintForward(std::ostream& out, const Config& config) {
  const auto& forward = config.forward;
  out << config.codes.kept_for_s << ' ' << config.codes.most << ' ' << config.codes.shared << ' '
      << JoinAll(forward.allowed_names) << ' ' << JoinAll(forward.response_headers) << ' '
      << forward.timeout_ms << ' ' << forward.max_response_bytes << ' ' << forward.per_caller_per_s
      << ' ' << forward.per_card_per_h << ' ' << forward.destinations.size() << '\n';
}

// Every member, so that a change of any shows.
inline std::string Print(const Config& config) {
  std::ostringstream out;
  out << config.data_dir << ' ' << config.public_url << ' ' << config.io_threads << ' '
      << config.stop_delay_ms << ' ' << config.reload_interval_s << '\n';
  Print(out, config.commerce);
  Print(out, config.shopper);
  Print(out, config.operators);
  out << static_cast<int>(config.callers.rule) << ' ' << JoinAll(config.callers.allowed_names);
  for (const auto& digest : config.callers.api_key_digests) out << base::EncodeHex(digest) << ' ';
  for (const auto& [member, pointer] : config.members) out << member << '=' << pointer << ' ';
  out << JoinAll(config.default_origins) << ' ' << config.max_connections << ' '
      << config.max_connections_per_address << ' ' << config.max_handshakes << ' '
      << config.shopper_http2 << ' ' << config.hsts << ' ' << config.commerce_max_requests << ' '
      << config.shopper_max_requests << '\n';
  net::HttpRequest forwarded;
  forwarded.peer.address = "10.0.0.1";
  forwarded.headers = {{"Forwarded", "for=192.0.2.1"}};
  out << config.trusted_proxies.Contains("10.0.0.1") << ' '
      << config.trusted_proxies.ClientOf(forwarded) << '\n';
  const auto& bridge = config.bridge;
  out << bridge.url << ' ' << bridge.source << ' ' << bridge.certificate << ' ' << bridge.key << ' '
      << bridge.ca << ' ' << bridge.timeout_ms << ' ' << bridge.concurrency << ' '
      << bridge.drain_per_s << ' ' << bridge.retry_longest_ms << ' ' << bridge.give_up_after_h
      << ' ' << bridge.terminal_id_in_tds_result << ' ';
  for (const auto delay : bridge.retry_delays_ms) out << delay << ' ';
  out << '\n'
      << static_cast<int>(config.store.kind) << ' ' << config.store.dsn << ' ' << config.store.path
      << ' ' << config.store.max_queued << '\n';
  const auto& sessions = config.sessions;
  out << sessions.payment_expires_in_s << ' ' << sessions.tds_expires_in_s << ' '
      << sessions.max_attempts << ' ' << sessions.tds_result_on_expiry << ' '
      << sessions.card_session_failed_on_expiry << ' ' << sessions.count_typing_errors << ' '
      << sessions.confirm_wait_s << ' ' << sessions.confirm_within_s << ' '
      << sessions.sweep_interval_ms << ' ' << sessions.keep_for_h << '\n';
  for (const auto cool_down : sessions.retry_cool_down_s) out << cool_down << ' ';
  out << config.cards.co_badges_file << ' ' << config.cards.co_badges.size() << ' ';
  for (const auto network : config.cards.preferred_networks) {
    out << domain::SpellingOf(network).session << ' ';
  }
  out << '\n';
  const auto& audit = config.audit;
  out << audit.dir << ' ' << audit.key_file << ' ' << audit.instance << ' ' << audit.rotate_bytes
      << ' ' << audit.max_queued << ' ' << audit.keep_days << ' ' << audit.keep_files << ' '
      << audit.refusals_per_minute << '\n';
  PrintForward(out, config);
  const auto& guardian = config.guardian;
  out << config.api_keys_file << ' ' << config.operator_needs_key << ' ';
  for (const auto& [scope, names] : config.callers.allowed_names_for) {
    out << app::ToString(scope) << '=' << JoinAll(names) << ' ';
  }
  out << static_cast<int>(config.bridge.min_version) << ' '
      << static_cast<int>(guardian.min_version) << '\n';
  out << guardian.url << ' ' << guardian.api_key << ' ' << guardian.ca << ' '
      << guardian.certificate << ' ' << guardian.key << ' ' << guardian.timeout_ms << ' '
      << guardian.max_connections << ' ' << guardian.breaker_failures << ' '
      << guardian.breaker_open_ms << '\n';
  Print(out, config.limits.cards, config.limits.requests);
  const auto& sandbox = config.sandbox;
  out << static_cast<int>(sandbox.mode) << ' ' << sandbox.required << ' ' << sandbox.run_as << ' '
      << JoinAll(sandbox.read) << ' ' << JoinAll(sandbox.write) << ' ';
  for (const auto port : sandbox.connect_ports) out << port << ' ';
  out << '\n'
      << static_cast<int>(config.vault.kind) << ' ' << config.vault.key_file << ' '
      << config.vault.card_valid_for_s << ' ' << config.vault.lease_ms << ' '
      << config.keys.spread_s << ' ' << config.keys.source << ' ' << config.keys.module << ' '
      << config.keys.token << ' ' << config.keys.pin_file << ' '
      << static_cast<int>(config.log_level) << '\n';
  return out.str();
}

}  // namespace obolus::main
