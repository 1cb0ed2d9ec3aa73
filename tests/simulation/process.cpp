#include "simulation/process.h"

namespace obolus::simulation {
namespace {

app::SessionKeys MakeKeys(bool newest) {
  std::vector<app::SessionKeySecret> secrets;
  const auto add = [&secrets](std::uint8_t id, std::string_view secret) {
    secrets.push_back({id, base::SecretBytes(secret)});
  };
  if (newest) add(2, "fedcba9876543210fedcba9876543210");
  add(1, "0123456789abcdef0123456789abcdef");
  if (!newest) add(2, "fedcba9876543210fedcba9876543210");
  return app::SessionKeys(std::move(secrets));
}

app::Settings MakeSettings(const Plan& plan) {
  app::Settings settings;
  settings.public_url = "https://pay.example";
  settings.keep_for = std::chrono::hours(96);  // the clock jumps less, so nothing is forgotten
  settings.policy = plan.policy;
  return settings;
}

app::RelayOptions MakeOptions(const Plan& plan) {
  app::RelayOptions options;
  options.concurrency = plan.relay_concurrency;
  options.drain_per_s = plan.relay_drain_per_s;
  options.lease = SimBridge::kTimeout + Millis(5'000);
  return options;
}

}  // namespace

Process::Process(Stage& stage, std::size_t index, Owner owner, bool newest_key)
    : owner_(owner),
      clock_(stage, index),
      scheduler_(stage, owner),
      ids_(stage.random.Next()),
      store_(stage, owner),
      vault_(stage, owner, ids_),
      keys_(MakeKeys(newest_key)),
      bridge_(stage, owner),
      services_{
          store_, vault_, envelope_, keys_, feed_, clock_, ids_, audit_, MakeSettings(stage.plan)},
      relay_(services_, bridge_, scheduler_, MakeOptions(stage.plan),
             [&stage](const app::RelayReport& report) {
               stage.history.Note("relay", report.event.id, ToString(report.event.status),
                                  report.event.attempts);
             }),
      sweep_(services_, scheduler_, stage.plan.sweep_interval) {}

void Process::Start() {
  store_.OnCommit([this](const app::CommitNotice& notice) {
    for (const auto& change : notice.sessions) feed_.Publish(change.id);
    if (notice.events) relay_.Wake();
  });
  relay_.Start();
  sweep_.Start();
}

}  // namespace obolus::simulation
