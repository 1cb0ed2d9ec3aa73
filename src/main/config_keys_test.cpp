// A row for each key of config/default.toml, and for each way to get it wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "main/printed_config.h"
#include "main/test_config.h"

namespace obolus::main {
namespace {

struct Row {
  std::string key, value;
  Settings context = {};  // what else must be set for the value to be allowed
};

class ConfigRowsTest : public ConfigTest {
 protected:
  std::vector<Row> Rows(), GuardianRows(), AuditRows(), SandboxRows(), LimitRows(),
      CardTestingRows(), ListenerRows(), ForwardRows();
};

std::vector<Row> ConfigRowsTest::ListenerRows() {
  const Settings server_tls = {"commerce.tls.certificate=" + one_, "commerce.tls.key=" + one_};
  const Settings shopper_tls = {"shopper.tls.certificate=" + one_, "shopper.tls.key=" + one_};
  return {
      {"commerce.address", "127.0.0.2"},
      {"commerce.port", "9000"},
      {"commerce.require", "either"},
      {"commerce.api_keys", std::string(64, 'b')},
      {"commerce.allowed_names", "commerce"},
      {"commerce.allowed_names_for.sessions", "commerce"},
      {"commerce.allowed_names_for.events", "commerce"},
      {"commerce.allowed_names_for.forward", "vault"},
      {"commerce.api_keys_file", one_},
      {"commerce.max_requests", "8"},
      {"commerce.tls.mode", "server", server_tls},
      {"commerce.tls.certificate", other_},
      {"commerce.tls.key", other_},
      {"commerce.tls.client_ca", other_},
      {"commerce.tls.client_crl", other_},
      {"commerce.tls.client_pins", std::string(64, 'c')},
      {"commerce.tls.min_version", "1.2"},
      {"shopper.address", "127.0.0.2"},
      {"shopper.port", "9001"},
      {"shopper.default_origins", "https://shop.example"},
      {"shopper.max_requests", "8"},
      {"shopper.max_connections", "7"},
      {"shopper.tls.mode", "server", shopper_tls},
      {"shopper.tls.certificate", other_},
      {"shopper.tls.key", other_},
      {"shopper.tls.min_version", "1.3"},
      {"operator.address", "127.0.0.2"},
      {"operator.port", "9002"},
      {"operator.require", "api_key", {"commerce.api_keys_file=" + one_}},
  };
}

std::vector<Row> ConfigRowsTest::Rows() {
  const Settings bridge_tls = {"bridge.certificate=" + one_, "bridge.key=" + one_};
  std::vector<Row> rows = {
      {"data_dir", "elsewhere"},
      {"public_url", "https://pay.example"},
      {"io_threads", "3"},
      {"reload_interval_s", "5"},
      {"stop_delay_ms", "5000"},
      {"bridge.url", "https://other.example/events"},
      {"bridge.source", "urn:other"},
      {"bridge.certificate", other_, bridge_tls},
      {"bridge.key", other_, bridge_tls},
      {"bridge.ca", other_},
      {"bridge.min_version", "1.2"},
      {"bridge.timeout_ms", "500"},
      {"bridge.concurrency", "3"},
      {"bridge.drain_per_s", "0"},
      {"bridge.retry_delays_ms", "1,2,3"},
      {"bridge.retry_longest_ms", "400"},
      {"bridge.give_up_after_h", "5"},
      {"bridge.terminal_id_in_tds_result", "true"},
      {"store.kind", "memory"},
      {"store.path", "other.db"},
      {"store.dsn", "host=db.example"},
      {"store.max_queued", "9999"},
      {"sessions.payment_expires_in_s", "61"},
      {"sessions.tds_expires_in_s", "62"},
      {"sessions.max_attempts", "2"},
      {"sessions.retry_cool_down_s", "1,2"},
      {"sessions.count_typing_errors", "false"},
      {"sessions.tds_result_on_expiry", "false"},
      {"sessions.card_session_failed_on_expiry", "false"},
      {"sessions.confirm_wait_s", "65"},
      {"sessions.confirm_within_s", "66"},
      {"sessions.sweep_interval_ms", "63"},
      {"sessions.keep_for_h", "64"},
      {"vault.key_file", "other.keys"},
      {"vault.lease_ms", "20001"},
      {"cards.co_badges_file", Write("more.csv", "400000,400001,cartesbancaires\n")},
      {"cards.preferred_networks", "dankort,visa"},
      {"log.level", "debug"},
  };
  for (const auto& more : {ListenerRows(), GuardianRows(), AuditRows(), SandboxRows(), LimitRows(),
                           CardTestingRows(), ForwardRows()}) {
    std::ranges::copy(more, std::back_inserter(rows));
  }
  return rows;
}

std::vector<Row> ConfigRowsTest::CardTestingRows() {
  std::vector<Row> rows = {
      {"shopper.trusted_proxies", "10.0.0.0/8"},
      {"shopper.forwarded_header", "forwarded", {"shopper.trusted_proxies=10.0.0.0/8"}},
      {"limits.enabled", "false"},
      {"limits.commerce_outcomes", "false"},
      {"limits.approval_credit_percent", "20"},
      {"limits.most_credit", "7"},
      {"limits.attack_refused", "11"},
      {"limits.attack_refused_percent", "60"},
      {"limits.rush_factor", "5"},
      {"limits.work_bits", "11"},
      {"limits.more_work_bits", "15"},
      {"limits.work_parts", "9"},
      {"limits.requests_burst", "3"},
      {"limits.requests_per_s", "4"},
      {"limits.streams_per_client", "5"},
  };
  for (const char* rule : {"card", "neighbours", "range", "client", "site", "unproven"}) {
    rows.push_back({std::string("limits.") + rule + "_burst", "17"});
    rows.push_back({std::string("limits.") + rule + "_per_day", "18"});
  }
  return rows;
}

std::vector<Row> ConfigRowsTest::ForwardRows() {
  return {
      {"vault.card_valid_for_s", "65"},
      {"vault.cvc_kept_for_s", "66"},
      {"vault.cvc_most", "67"},
      {"vault.transient_sharing", "true", {"store.kind=postgres", "store.dsn=host=db.example"}},
      {"forward.allowed_names", "processor"},
      {"forward.destinations", "https://api.processor.example"},
      {"forward.response_headers", "x-a"},
      {"forward.timeout_ms", "503"},
      {"forward.max_response_bytes", "2048"},
      {"forward.per_caller_per_s", "8"},
      {"forward.per_card_per_h", "9"},
  };
}

std::vector<Row> ConfigRowsTest::GuardianRows() {
  const Settings guardian = {"vault.guardian.url=https://a.example", "vault.guardian.api_key=k",
                             "vault.guardian.certificate=" + one_, "vault.guardian.key=" + one_};
  return {
      {"vault.key_spread_s", "7"},
      {"vault.key_source", "descriptor"},
      {"vault.pkcs11.module", "other.so"},
      {"vault.pkcs11.token", "other"},
      {"vault.pkcs11.pin_file", "other.pin"},
      {"vault.provider", "guardian", guardian},
      {"vault.guardian.url", "https://other.example", guardian},
      {"vault.guardian.api_key", "other", guardian},
      {"vault.guardian.ca", other_, guardian},
      {"vault.guardian.certificate", other_, guardian},
      {"vault.guardian.key", other_, guardian},
      {"vault.guardian.min_version", "1.2", guardian},
      {"vault.guardian.timeout_ms", "501", guardian},
      {"vault.guardian.max_connections", "6", guardian},
      {"vault.guardian.breaker_failures", "7", guardian},
      {"vault.guardian.breaker_open_ms", "101", guardian},
  };
}

std::vector<Row> ConfigRowsTest::AuditRows() {
  return {
      {"audit.dir", "elsewhere"}, {"audit.key_file", "other.key"},     {"audit.instance", "pay-1"},
      {"audit.rotate_mb", "17"},  {"audit.max_queued", "8191"},        {"audit.keep_days", "91"},
      {"audit.keep_files", "12"}, {"audit.refusals_per_minute", "59"},
  };
}

std::vector<Row> ConfigRowsTest::LimitRows() {
  return {
      {"shopper.max_connections_per_address", "6"},
      {"shopper.max_handshakes", "5"},
      {"shopper.http2", "false"},
      {"shopper.hsts", "max-age=1", {"public_url=https://pay.example"}},
  };
}

std::vector<Row> ConfigRowsTest::SandboxRows() {
  return {
      {"sandbox.mode", "off"},
      {"sandbox.required", "true"},
      {"sandbox.run_as", "nobody"},
      {"sandbox.read", "/etc/softhsm"},
      {"sandbox.write", "/var/lib/softhsm"},
      {"sandbox.connect_ports", "53,8080"},
  };
}

TEST_F(ConfigRowsTest, EveryKeyIsRead) {
  std::set<std::string> tried;
  for (const Row& row : Rows()) {
    const auto before = Load(row.context);
    const auto after = Load(With(row.context, row.key + "=" + row.value));
    ASSERT_TRUE(before) << row.key << ": " << JoinAll(FaultsOf(before));
    ASSERT_TRUE(after) << row.key << ": " << JoinAll(FaultsOf(after));
    EXPECT_NE(Print(*before), Print(*after)) << row.key << " is not read";
    tried.insert(row.key);
  }
  EXPECT_EQ(tried, DefaultKeys()) << "a key without a row, or a row without a key";
}

TEST_F(ConfigTest, FaultsOfTlsNameTheirKeys) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"commerce.tls.min_version", "1.1"},
      {"commerce.tls.client_pins", "abcd"},
      {"shopper.tls.min_version", "ssl3"},
      {"bridge.min_version", "1"},
      {"commerce.api_keys_file", "/nowhere/keys.json"},
      {"operator.require", "password"},
      {"operator.require", "api_key"},
  };
  for (const auto& [key, value] : rows) {
    EXPECT_EQ(FaultsOf(Load({key + "=" + value})), Faults{key}) << key << "=" << value;
  }
}

TEST_F(ConfigTest, EveryFaultNamesItsKey) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"data_dir", ""},
      {"public_url", "ftp://pay.example"},
      {"public_url", "https://pay.example/path"},
      {"public_url", "http://pay.example"},
      {"io_threads", "65"},
      {"reload_interval_s", "-1"},
      {"stop_delay_ms", "-1"},
      {"commerce.address", "0.0.0.0"},
      {"commerce.port", "65536"},
      {"commerce.port", "-1"},
      {"commerce.port", "http"},
      {"commerce.port", "80 "},
      {"commerce.require", "nobody"},
      {"commerce.api_keys", "not-hex"},
      {"commerce.api_keys", "abcd"},
      {"commerce.api_keys", ""},
      {"commerce.max_requests", "0"},
      {"commerce.tls.mode", "on"},
      {"shopper.address", "192.0.2.1"},
      {"shopper.port", "65536"},
      {"shopper.default_origins", "https://shop.example/path"},
      {"shopper.max_requests", "0"},
      {"shopper.max_connections", "0"},
      {"shopper.hsts", "forever"},
      {"shopper.tls.mode", "mutual"},
      {"operator.address", "0.0.0.0"},
      {"operator.port", "65536"},
      {"bridge.url", ""},
      {"bridge.url", "http://bridge.example"},
      {"bridge.source", "no-colon"},
      {"bridge.ca", "/nowhere/ca.pem"},
      {"bridge.timeout_ms", "99"},
      {"bridge.concurrency", "0"},
      {"bridge.drain_per_s", "-1"},
      {"bridge.retry_delays_ms", "0,-1"},
      {"bridge.retry_delays_ms", "0,soon"},
      {"bridge.retry_longest_ms", "99"},
      {"bridge.give_up_after_h", "0"},
      {"bridge.terminal_id_in_tds_result", "yes"},
      {"store.kind", "oracle"},
      {"store.max_queued", "15"},
      {"sessions.payment_expires_in_s", "59"},
      {"sessions.tds_expires_in_s", "5941"},
      {"sessions.max_attempts", "-1"},
      {"sessions.retry_cool_down_s", "0,3601"},
      {"sessions.retry_cool_down_s", "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"},
      {"sessions.count_typing_errors", "some"},
      {"sessions.tds_result_on_expiry", "maybe"},
      {"sessions.card_session_failed_on_expiry", "often"},
      {"sessions.confirm_wait_s", "4"},
      {"sessions.confirm_within_s", "3601"},
      {"sessions.sweep_interval_ms", "49"},
      {"sessions.keep_for_h", "23"},
      {"vault.provider", "sandwich"},
      {"vault.card_valid_for_s", "59"},
      {"cards.co_badges_file", "/nowhere/co_badges.csv"},
      {"cards.co_badges_file", Write("bad.csv", "400000,400001,VISA\n")},
      {"cards.preferred_networks", "cartesbancaires,VISA"},
      {"log.level", "loud"},
      {"commerce.members.terminal_id", "terminal"},
  };
  for (const auto& [key, value] : rows) {
    EXPECT_EQ(FaultsOf(Load({key + "=" + value})), Faults{key}) << key << "=" << value;
  }
}

}  // namespace
}  // namespace obolus::main
