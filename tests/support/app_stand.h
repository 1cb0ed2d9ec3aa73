// The use cases on a stand: the memory store and fakes of the other ports, with time and ids that a
// test owns, and calls that wait for their answer. One a test; its thread.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/cancel_session.h"
#include "app/expire_sessions.h"
#include "app/inspect.h"
#include "app/open_session.h"
#include "app/receive_event.h"
#include "app/services.h"
#include "app/submit_card.h"
#include "storage/memory_store.h"
#include "support/fake_envelope.h"
#include "support/fake_vault.h"
#include "support/manual_clock.h"
#include "support/recording_audit_log.h"
#include "support/sequential_ids.h"

namespace obolus::testing {

inline constexpr char kGoodCard[] = "4242424242424242|7|2031|123";
inline constexpr char kBadCard[] = "4242424242424241|7|2031|123";  // the Luhn digit is wrong

inline app::Settings StandSettings() {
  app::Settings settings;
  settings.public_url = "https://pay.example";
  return settings;
}

inline app::SessionKeys StandKeys() {
  std::vector<app::SessionKeySecret> secrets;
  secrets.push_back({1, base::SecretBytes(std::string_view("0123456789abcdef0123456789abcdef"))});
  return app::SessionKeys(std::move(secrets));
}

// Calls `start(done)` and waits for what `done` gets. For any use case: what it answers is T.
template <class T, class F>
base::Result<T> Await(F&& start) {
  auto promise = std::make_shared<std::promise<base::Result<T>>>();
  auto answered = promise->get_future();
  start(
      base::Done<T>([promise](base::Result<T> result) { promise->set_value(std::move(result)); }));
  if (answered.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
    ADD_FAILURE() << "no answer";
    return base::Fail(base::ErrorCode::kTimeout, "no answer");
  }
  return answered.get();
}

template <class T, class Command>
base::Result<T> Run(const app::Services& services, Command command) {
  return Await<T>(
      [&](base::Done<T> done) { app::Execute(services, std::move(command), std::move(done)); });
}

class AppStand {
 public:
  explicit AppStand(bool remote_vault = false)
      : vault(remote_vault),
        services{store, vault, envelope, keys, feed, clock, ids, audit, StandSettings()} {}
  ~AppStand() { store.Close(); }  // before what its bodies refer to
  AppStand(const AppStand&) = delete;
  AppStand& operator=(const AppStand&) = delete;

  base::Result<app::OpenedSession> Open(app::OpenSession command) {
    return Run<app::OpenedSession>(services, std::move(command));
  }
  app::OpenedSession OpenPayment() { return Open({}).value(); }
  app::OpenedSession OpenTds(std::optional<base::Uuid> payment_terminal_id = std::nullopt) {
    app::OpenSession command;
    command.kind = domain::SessionKind::kTds;
    command.payment_terminal_id = payment_terminal_id;
    command.challenge = domain::EmvChallenge{"https://acs.example/c", "Y3JlcQ", std::nullopt};
    return Open(std::move(command)).value();
  }
  base::Result<app::SessionView> Submit(const std::string& key, std::string payload = kGoodCard) {
    return Run<app::SessionView>(services, app::SubmitCardEntry{key, std::move(payload)});
  }
  base::Result<app::SessionView> Cancel(const std::string& key) {
    return Run<app::SessionView>(services, app::CancelSession{key});
  }
  base::Result<app::Reception> Receive(app::CloudEvent event) {
    return Await<app::Reception>([&](base::Done<app::Reception> done) {
      app::ReceiveEvent(services, std::move(event), std::move(done));
    });
  }
  // How many sessions changed.
  std::size_t Sweep() {
    using Swept = app::ExpireSessions::Swept;
    return Await<Swept>([&](base::Done<Swept> done) {
             app::ExpireSessions::Sweep(services, std::move(done));
           })
        .value()
        .sessions;
  }

  // As stored.
  domain::Session Session(const base::Uuid& id) {
    return Await<domain::Session>([&](base::Done<domain::Session> done) {
             app::InspectSession(services, id, std::move(done));
           })
        .value();
  }
  // Oldest first.
  std::vector<app::OutboxEvent> Events(std::optional<base::Uuid> session_id = std::nullopt) {
    auto events =
        Await<std::vector<app::OutboxEvent>>([&](auto done) {
          app::ListEvents(services, {.session_id = session_id, .limit = 1000}, std::move(done));
        }).value();
    return {events.rbegin(), events.rend()};
  }
  // Without the opening.
  std::vector<domain::TimelineEntry> Timeline(const base::Uuid& session_id) {
    auto timeline = Await<std::vector<domain::TimelineEntry>>([&](auto done) {
                      app::ShowTimeline(services, session_id, std::move(done));
                    }).value();
    EXPECT_EQ(timeline.at(0).what, "open");
    timeline.erase(timeline.begin());
    return timeline;
  }
  std::vector<std::string> EventTypes(const base::Uuid& session_id) {
    std::vector<std::string> types;
    for (const auto& event : Events(session_id)) types.push_back(event.type);
    return types;
  }
  bool HasCard(const base::Uuid& id) {
    return Await<bool>([&](base::Done<bool> done) {
             app::Read<bool>(
                 store,
                 [id](app::Transaction& tx) -> base::Result<bool> {
                   auto card = tx.FindCard(id);
                   if (!card) return std::unexpected(card.error());
                   return card->has_value();
                 },
                 std::move(done));
           })
        .value();
  }

  storage::MemoryStore store;
  ManualClock clock;
  SequentialIds ids;
  FakeVault vault;
  FakeEnvelope envelope;
  app::SessionKeys keys = StandKeys();
  app::SessionFeed feed;
  RecordingAuditLog audit;
  app::Services services;
};

inline app::CloudEvent EventOf(std::string id, std::string type, base::json::value data) {
  return {"urn:commerce", std::move(id), std::move(type), std::nullopt, std::move(data)};
}

}  // namespace obolus::testing
