#include "main/wiring.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "app/bounded_audit_log.h"
#include "app/expire_sessions.h"
#include "app/hear_outcomes.h"
#include "app/relay_outbox.h"
#include "base/metrics.h"
#include "base/steady_clock.h"
#include "eventing/http_event_bridge.h"
#include "http/audit_routes.h"
#include "http/challenge_routes.h"
#include "http/client_address.h"
#include "http/commerce_routes.h"
#include "http/csp_reports.h"
#include "http/event_routes.h"
#include "http/file_routes.h"
#include "http/key_routes.h"
#include "http/operator_routes.h"
#include "http/page_routes.h"
#include "http/reload_route.h"
#include "http/shopper_routes.h"
#include "main/access_config.h"
#include "main/audit_anchor.h"
#include "main/audit_config.h"
#include "main/card_parts.h"
#include "main/certificates.h"
#include "main/clock_watch.h"
#include "main/keys_config.h"
#include "main/limits_report.h"
#include "main/listeners.h"
#include "main/live_keys.h"
#include "main/outbox_watch.h"
#include "main/relay_metrics.h"
#include "main/reload.h"
#include "main/sandbox.h"
#include "main/session_metrics.h"
#include "main/settings.h"
#include "main/store_config.h"
#include "main/tls_config.h"
#include "main/tls_reloads.h"
#include "main/vault_config.h"
#include "vault/guardian_vault.h"

namespace obolus::main {
namespace {

using base::Millis;
using base::Result;
using base::Status;

constexpr Millis kDrainLimit{10'000};
constexpr Millis kLeaseMargin{5'000};
constexpr std::int64_t kOperatorRequests = 64;  // at once

app::RelayOptions RelayOptionsOf(const Config& config) {
  app::RelayOptions options;
  options.schedule.delays.clear();
  for (auto delay : config.bridge.retry_delays_ms) options.schedule.delays.emplace_back(delay);
  options.schedule.longest = Millis(config.bridge.retry_longest_ms);
  options.schedule.give_up_after = std::chrono::hours(config.bridge.give_up_after_h);
  options.concurrency = static_cast<std::size_t>(config.bridge.concurrency);
  options.drain_per_s = static_cast<std::size_t>(config.bridge.drain_per_s);
  options.lease = Millis(config.bridge.timeout_ms) + kLeaseMargin;
  return options;
}

}  // namespace

// What is there before everything else.
struct Ground {
  std::unique_ptr<base::RandomIdSource> ids;
  std::unique_ptr<base::Metrics> metrics;
  std::unique_ptr<storage::FileAuditLog> audit;
  std::unique_ptr<app::Store> store;
};

// Members are in the order of their making; they go in the opposite order.
struct Wiring::Parts {
  Parts(Config c, Ground g, OpenedKeys opened_keys)
      : config(std::move(c)),
        ground(std::move(g)),
        keys(std::move(opened_keys), *ids, clock, metrics),
        relay_metrics(metrics),
        session_metrics(metrics),
        limits_report(metrics, clock, audit),
        store(std::move(ground.store)),
        reload(metrics, audit) {}

  Config config;
  base::SteadyClock clock;
  Ground ground;
  const std::unique_ptr<base::RandomIdSource>& ids = ground.ids;
  base::Metrics& metrics = *ground.metrics;
  storage::FileAuditLog& audit = *ground.audit;
  LiveKeys keys;
  app::SessionFeed feed;
  RelayMetrics relay_metrics;
  SessionMetrics session_metrics;
  LimitsReport limits_report;
  std::unique_ptr<app::CardTesting> card_testing;
  std::unique_ptr<app::RequestLimits> request_limits;
  Certificates certificates{config, metrics};
  http::ApiKeyRing api_keys{config.callers.api_key_digests, clock, metrics};
  std::unique_ptr<net::Engine> engine;
  std::unique_ptr<net::Engine> operator_engine;  // quick, however busy the other is
  std::unique_ptr<ClockWatch> clock_watch;
  std::unique_ptr<app::Store> store;
  std::unique_ptr<vault::GuardianVault> guardian;  // when it is configured
  std::unique_ptr<app::BoundedAuditLog> bounded_audit;
  std::unique_ptr<AuditAnchor> audit_anchor;
  std::unique_ptr<CardParts> cards;
  std::unique_ptr<app::Services> services;
  std::unique_ptr<eventing::HttpEventBridge> bridge;
  std::unique_ptr<app::RelayOutbox> relay;
  std::unique_ptr<app::ExpireSessions> sweep;
  std::unique_ptr<OutboxWatch> outbox_watch;
  std::atomic<bool> stopping = false;
  std::unique_ptr<http::Router> commerce_router, shopper_router, operator_router;
  std::unique_ptr<net::HttpServer> commerce, shopper, operators;
  Reload reload;  // its steps use all of the above
  bool stopped = false;

  Status StartCore();
  Status StartListeners();
  void Commited(const app::CommitNotice& notice);
  void NoteStart();
  void NoteStop(bool clean);
};

Status Wiring::Parts::StartCore() {
  const auto cores = std::max(1U, std::thread::hardware_concurrency());
  engine = std::make_unique<net::Engine>(
      config.io_threads > 0 ? static_cast<std::size_t>(config.io_threads) : cores);
  operator_engine = std::make_unique<net::Engine>(1);
  clock_watch = std::make_unique<ClockWatch>(clock, *engine, metrics);
  if (!config.guardian.url.empty()) {
    auto opened = vault::GuardianVault::Make(GuardianOptionsOf(config), *engine, clock, metrics);
    if (!opened) return std::unexpected(opened.error());
    guardian = std::move(*opened);
  }
  app::Vault& vault =
      config.vault.kind == VaultKind::kGuardian ? static_cast<app::Vault&>(*guardian) : keys.vault;
  const auto bound = static_cast<std::size_t>(config.audit.refusals_per_minute);
  bounded_audit = std::make_unique<app::BoundedAuditLog>(
      audit, *engine,
      app::AuditBounds{.per_origin = std::max<std::size_t>(1, bound / 12), .in_all = bound});
  audit_anchor =
      std::make_unique<AuditAnchor>(*store, audit, *operator_engine, config.audit.instance);
  if (auto compared = audit_anchor->Compare(); !compared) return compared;
  if (auto noted = NoteSchema(*store, audit, SchemaVersion(config), ToString(ids->NewUuid()));
      !noted) {
    return noted;
  }
  auto card_parts = CardParts::Make(config, keys.keychain, keys.vault, *engine, clock, metrics);
  if (!card_parts) return std::unexpected(card_parts.error());
  cards = std::move(*card_parts);
  services = std::make_unique<app::Services>(*store, vault, keys.envelope, keys.session_keys, feed,
                                             clock, *ids, *bounded_audit, SettingsOf(config));
  services->codes = cards->codes();
  cards->Serve(*services, guardian.get(), *engine, metrics);
  const auto ring = keys.keychain.ring();
  card_testing = std::make_unique<app::CardTesting>(
      config.limits.cards, base::SecretBytes(ring->SessionKeyHmac(ring->CurrentSessionKeyId())),
      config.store.kind == StoreKind::kPostgres,
      [this](const app::LimitFinding& finding) { limits_report.Found(finding); });
  services->card_testing = card_testing.get();
  request_limits = std::make_unique<app::RequestLimits>(config.limits.requests,
                                                        [this] { limits_report.RequestRefused(); });
  keys.Prepare(*store, *operator_engine);
  reload.Add({.name = "keys",
              .kind = domain::AuditKind::kKeyRotated,
              .stamp = [this] { return StampOf({config.vault.key_file}); },
              .run = [this] { return keys.Look(); }});
  auto made = eventing::HttpEventBridge::Make(
      {.url = config.bridge.url,
       .source = config.bridge.source,
       .client = {.tls = BridgeTlsOf(config),
                  .timeout = Millis(config.bridge.timeout_ms),
                  .max_connections = static_cast<std::size_t>(config.bridge.concurrency)}});
  if (!made) return std::unexpected(made.error());
  bridge = std::move(*made);
  relay = std::make_unique<app::RelayOutbox>(
      *services, *bridge, *engine, RelayOptionsOf(config),
      [this](const app::RelayReport& report) { relay_metrics.Report(report); });
  sweep = std::make_unique<app::ExpireSessions>(*services, *engine,
                                                Millis(config.sessions.sweep_interval_ms));
  outbox_watch = std::make_unique<OutboxWatch>(*services, *operator_engine);
  store->OnCommit([this](const app::CommitNotice& notice) { Commited(notice); });
  return {};
}

// The relay first: it must hear of events, however little memory there is for the rest.
void Wiring::Parts::Commited(const app::CommitNotice& notice) {
  if (notice.events) relay->Wake();
  if (!notice.elsewhere) session_metrics.Count(notice);
  app::HearOutcomes(*services, notice);
  cards->Committed(notice);
  for (const auto& change : notice.sessions) feed.Publish(change.id);
}

Status Wiring::Parts::StartListeners() {
  const auto& app_services = *services;
  commerce_router = std::make_unique<http::Router>("commerce", metrics, *ids);
  if (auto loaded = LoadApiKeys(config, clock.Now(), api_keys); !loaded) return loaded;
  commerce_router->AddGuard(http::Audited(http::RequireCaller(config.callers, api_keys),
                                          domain::AuditKind::kCallerRefused, "commerce",
                                          *bounded_audit));
  http::AddCommerceRoutes(*commerce_router, app_services,
                          {app_services.settings.http_policy, config.members});
  http::AddEventRoutes(*commerce_router, app_services, metrics);
  cards->AddRoutes(*commerce_router);
  shopper_router = std::make_unique<http::Router>("shopper", metrics, *ids);
  http::AddSafeHeaders(*shopper_router, config.hsts);
  shopper_router->AddGuard(http::ResolveClient(config.trusted_proxies));
  http::AddShopperRoutes(*shopper_router, app_services, *engine, request_limits.get());
  http::AddFileRoutes(*shopper_router);
  http::AddPageRoutes(*shopper_router, app_services);
  http::AddChallengeRoutes(*shopper_router, app_services);
  http::AddCspReportRoute(*shopper_router, clock, metrics, *bounded_audit);
  operator_router = std::make_unique<http::Router>("operator", metrics, *ids);
  operator_router->AddGuard(http::Audited(
      http::RequireLocalCaller(), domain::AuditKind::kOperatorRefused, "operator", *bounded_audit));
  if (config.operator_needs_key) {
    operator_router->AddGuard(http::Audited(http::RequireOperatorKey(api_keys),
                                            domain::AuditKind::kOperatorRefused, "operator",
                                            *bounded_audit));
  }
  http::AddAuditRoutes(*operator_router, {audit, [this] { return audit.head(); }});
  http::AddOperatorRoutes(*operator_router, {app_services, metrics, stopping,
                                             [this](const app::OutboxCounts& counts) {
                                               relay_metrics.Observe(counts, clock.Now());
                                               relay_metrics.ObserveStreams(feed.size());
                                               limits_report.Observe(*card_testing);
                                               certificates.Observe(clock.Now());
                                             },
                                             [this] { relay->Wake(); }});
  http::AddKeyRoutes(*operator_router, {{*store, keys.keychain, clock}, keys.rewrap(), &audit});
  http::AddReloadRoute(*operator_router, [this](std::string actor, http::ReloadDone done) {
    reload.Ask(std::move(actor), std::move(done));
  });
  auto started = Listen({"operator", config.operators, *operator_router, *operator_engine,
                         kOperatorRequests, clock, audit},
                        config, metrics);
  if (!started) return std::unexpected(started.error());
  operators = std::move(*started);
  started = Listen({"commerce", config.commerce, *commerce_router, *engine,
                    config.commerce_max_requests, clock, audit, &config.callers},
                   config, metrics);
  if (!started) return std::unexpected(started.error());
  commerce = std::move(*started);
  started = Listen({"shopper", config.shopper, *shopper_router, *engine,
                    config.shopper_max_requests, clock, audit},
                   config, metrics);
  if (!started) return std::unexpected(started.error());
  shopper = std::move(*started);
  certificates.Read("", clock.Now());
  AddApiKeyStep(reload, config, clock, api_keys);
  AddTlsSteps(reload, config, {*commerce, *shopper, *bridge, guardian.get(), certificates, clock});
  return {};
}

// The settings' digest is under a key, or a weak password among them could be guessed from it.
void Wiring::Parts::NoteStart() {
  audit_anchor->Start();
  audit.Record({.kind = domain::AuditKind::kConfigurationLoaded,
                .actor = "obolus",
                .object = "configuration",
                .details = {{"hmac", audit.Hmac(config.digest)}}});
  audit.Record({.kind = domain::AuditKind::kProcessStarted,
                .actor = "obolus",
                .object = "process",
                .details = {{"version", OBOLUS_VERSION}}});
}

void Wiring::Parts::NoteStop(bool clean) {
  audit.Record({.kind = domain::AuditKind::kProcessStopped,
                .success = clean,
                .actor = "obolus",
                .object = "process",
                .details = {{"outcome", clean ? "clean" : "timed_out"}}});
  audit.Close();
}

Result<std::unique_ptr<Wiring>> Wiring::Start(Config config) {
  base::SetLogLevel(config.log_level);
  auto sandbox = Sandbox::Enter(config, Environment());
  if (!sandbox) return std::unexpected(sandbox.error());
  Ground ground{.ids = std::make_unique<base::RandomIdSource>(),
                .metrics = std::make_unique<base::Metrics>(),
                .audit = {},
                .store = {}};
  auto audit = OpenAudit(config, *ground.metrics);
  if (!audit) return std::unexpected(audit.error());
  ground.audit = std::move(*audit);
  auto store = OpenStore(config, *ground.ids);
  if (!store) return std::unexpected(store.error());
  ground.store = std::move(*store);
  const base::SystemClock clock;
  const bool makes_keys = access(config.vault.key_file.c_str(), F_OK) != 0;
  auto keys = OpenKeys(KeyPlaceOf(config), *ground.store, clock);
  if (!keys) return std::unexpected(keys.error());
  if (makes_keys) {
    ground.audit->Record(
        {.kind = domain::AuditKind::kKeyCreated, .actor = "obolus", .object = "key_ring"});
  }
  std::unique_ptr<Wiring> wiring(
      new Wiring(std::make_unique<Parts>(std::move(config), std::move(ground), std::move(*keys))));
  if (auto started = wiring->parts_->StartCore(); !started) {
    return std::unexpected(started.error());
  }
  if (auto closed = sandbox->CloseSystemCalls(); !closed) return std::unexpected(closed.error());
  if (auto started = wiring->parts_->StartListeners(); !started) {
    return std::unexpected(started.error());
  }
  if (auto finished = sandbox->Finish(wiring->parts_->metrics, wiring->parts_->audit); !finished) {
    return std::unexpected(finished.error());
  }
  wiring->parts_->clock_watch->Start();
  wiring->parts_->relay->Start();
  wiring->parts_->sweep->Start();
  wiring->parts_->cards->Start();
  wiring->parts_->outbox_watch->Start();
  wiring->parts_->keys.Start();
  wiring->parts_->reload.Start(std::chrono::seconds(wiring->parts_->config.reload_interval_s));
  wiring->parts_->NoteStart();
  return wiring;
}

Wiring::Wiring(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Wiring::~Wiring() {
  Stop();
}

std::uint16_t Wiring::commerce_port() const {
  return parts_->commerce->port();
}
std::uint16_t Wiring::shopper_port() const {
  return parts_->shopper->port();
}
std::uint16_t Wiring::operator_port() const {
  return parts_->operators->port();
}

void Wiring::ReloadFiles() {
  parts_->reload.Ask("signal", [](const base::Result<std::vector<http::ReloadOutcome>>&) {});
}

void Wiring::Leave() {
  parts_->stopping = true;
  parts_->commerce->Leave();
  parts_->shopper->Leave();
}

bool Wiring::Stop() {
  Parts& parts = *parts_;
  if (std::exchange(parts.stopped, true)) return true;
  parts.stopping = true;
  parts.reload.Stop();
  bool clean = true;
  for (auto* server : {parts.commerce.get(), parts.shopper.get()}) {
    if (server != nullptr) server->StopListening();
  }
  for (auto* server : {parts.commerce.get(), parts.shopper.get()}) {
    if (server != nullptr) clean = server->Drain(kDrainLimit) && clean;
  }
  parts.keys.Stop();
  if (parts.sweep) parts.sweep->Stop();
  if (parts.cards) parts.cards->Stop();
  if (parts.relay) {
    parts.relay->Stop();
    clean = parts.relay->Drain(kDrainLimit) && clean;
  }
  if (parts.operators) {
    parts.operators->StopListening();
    parts.operators->Drain(Millis(1'000));
  }
  if (parts.guardian) parts.guardian->Close();  // its last answers go to the store
  if (parts.cards) parts.cards->StopCalls();
  if (parts.audit_anchor) parts.audit_anchor->Stop();
  if (parts.bounded_audit) parts.bounded_audit->Stop();
  if (parts.store) parts.store->Close();
  for (auto* engine : {parts.operator_engine.get(), parts.engine.get()}) {
    if (engine != nullptr) engine->Stop();
  }
  if (parts.cards) parts.cards->WipeCodes();
  parts.NoteStop(clean);
  return clean;
}

}  // namespace obolus::main
