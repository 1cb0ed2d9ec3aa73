// The relay on a stand: events of sessions that a test names, a bridge, a scheduler and a store
// that may fail. One a test; its thread.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "app/relay_outbox.h"
#include "support/app_stand.h"
#include "support/fake_bridge.h"
#include "support/faulty_store.h"
#include "support/manual_scheduler.h"

namespace obolus::testing {

struct Reported {
  base::Uuid id;
  app::EventStatus status;
  app::Delivery::Outcome outcome;
  base::Millis since_commit;
};

class RelayStand {
 public:
  explicit RelayStand(FakeBridge::Reply reply, app::RelayOptions options = {})
      : bridge(std::move(reply)),
        services{store,     app.vault, app.envelope, app.keys,       app.feed,
                 app.clock, app.ids,   app.audit,    StandSettings()},
        relay(services, bridge, scheduler, std::move(options),
              [this](const app::RelayReport& report) {
                const std::lock_guard lock(mutex_);
                reports_.push_back({report.event.id, report.event.status, report.delivery.outcome,
                                    report.since_commit});
              }) {}
  ~RelayStand() {
    relay.Stop();
    app.store.Close();
  }
  RelayStand(const RelayStand&) = delete;
  RelayStand& operator=(const RelayStand&) = delete;

  // As main/wiring does. Before the first event.
  void WakeOnCommit() {
    app.store.OnCommit([this](const app::CommitNotice& notice) {
      if (notice.events) relay.Wake();
    });
  }

  // An event of that session, due now.
  app::OutboxEvent Add(const base::Uuid& session_id, std::string body = "{}") {
    app::OutboxEvent event;
    event.id = app.ids.NewOrderedUuid(app.clock.Now());
    event.session_id = session_id;
    event.type = "CardSessionCreated";
    event.body = std::move(body);
    event.time = event.due_at = event.first_due_at = app.clock.Now();
    const auto inserted = Await<bool>([&](base::Done<bool> done) {
      app::Transact<bool>(
          app.store,
          [event](app::Transaction& tx) -> base::Result<bool> {
            auto stored = tx.InsertEvent(event);
            if (!stored) return std::unexpected(stored.error());
            return true;
          },
          std::move(done));
    });
    EXPECT_TRUE(inserted);
    return event;
  }
  app::OutboxEvent Add() { return Add(app.ids.NewUuid()); }

  app::OutboxEvent Stored(const base::Uuid& id) {
    return Await<app::OutboxEvent>([&](base::Done<app::OutboxEvent> done) {
             app::ShowEvent(app.services, id, std::move(done));
           })
        .value();
  }

  // Waits until what follows from the last call has gone through the store: claim, save, claim
  // again. The bridge answers on the store's thread, so each step is in one of the next batches.
  void Settle() {
    for (int batch = 0; batch < 16; ++batch) EXPECT_TRUE(app.store.CheckHealth());
  }
  void Advance(base::Millis by) {
    scheduler.Advance(by);
    Settle();
  }

  std::vector<Reported> reports() const {
    const std::lock_guard lock(mutex_);
    return reports_;
  }

  AppStand app;
  FaultyStore store{app.store};
  ManualScheduler scheduler{app.clock};
  FakeBridge bridge;
  app::Services services;
  app::RelayOutbox relay;

 private:
  mutable std::mutex mutex_;
  std::vector<Reported> reports_;
};

}  // namespace obolus::testing
