// One incarnation of an obolus process: the real use cases, relay and sweep over simulated ports,
// wired as main/wiring does. It lives until it crashes; what is durable is in Stage::tables. Made
// and ended by World; one thread.
#pragma once

#include <memory>
#include <vector>

#include "app/expire_sessions.h"
#include "app/relay_outbox.h"
#include "simulation/peers.h"
#include "simulation/sim_ids.h"
#include "simulation/sim_store.h"
#include "support/fake_envelope.h"
#include "support/recording_audit_log.h"

namespace obolus::simulation {

class Process {
 public:
  // `index`: which of the processes; `owner`: which incarnation. `newest_key`: of the two server
  // keys for session keys.
  Process(Stage& stage, std::size_t index, Owner owner, bool newest_key);
  void Start();

  const app::Services& services() const { return services_; }
  app::SessionFeed& feed() { return feed_; }
  Owner owner() const { return owner_; }
  // Ends with the process.
  void Keep(std::unique_ptr<app::SessionFeed::Subscription> subscription) {
    subscriptions_.push_back(std::move(subscription));
  }

 private:
  const Owner owner_;
  SimClock clock_;
  SimScheduler scheduler_;
  SimIds ids_;
  SimStore store_;
  SimVault vault_;
  testing::FakeEnvelope envelope_;
  app::SessionKeys keys_;
  app::SessionFeed feed_;
  testing::RecordingAuditLog audit_;
  SimBridge bridge_;
  app::Services services_;
  app::RelayOutbox relay_;
  app::ExpireSessions sweep_;
  std::vector<std::unique_ptr<app::SessionFeed::Subscription>> subscriptions_;
};

}  // namespace obolus::simulation
