// What stands around the use cases of one simulated process: its clock and timers, its way to the
// event bridge, and the vault. Each is an implementation of a port that loses, repeats and delays
// as the seed says. Made by Process for each incarnation; one thread.
#pragma once

#include <memory>
#include <string>

#include "app/ports/vault.h"
#include "simulation/stage.h"

namespace obolus::simulation {

class SimClock final : public base::Clock {
 public:
  SimClock(Stage& stage, std::size_t process) : stage_(stage), process_(process) {}
  Timestamp Now() const override { return stage_.Wall(process_); }

 private:
  Stage& stage_;
  const std::size_t process_;
};

class SimScheduler final : public base::Scheduler {
 public:
  SimScheduler(Stage& stage, Owner owner) : stage_(stage), owner_(owner) {}
  void After(Millis delay, std::move_only_function<void()> task) override {
    stage_.After(delay, owner_, std::move(task));
  }

 private:
  Stage& stage_;
  const Owner owner_;
};

class SimBridge final : public app::EventBridge {
 public:
  SimBridge(Stage& stage, Owner owner) : stage_(stage), owner_(owner) {}
  void Deliver(const app::OutboxEvent& event,
               std::move_only_function<void(app::Delivery)> done) override;

  static constexpr Millis kTimeout{10'000};

 private:
  Stage& stage_;
  const Owner owner_;
};

class SimVault final : public app::Vault {
 public:
  SimVault(Stage& stage, Owner owner, base::IdSource& ids)
      : stage_(stage), owner_(owner), ids_(ids) {}
  bool IsRemote() const override { return stage_.plan.remote_vault; }
  void Keep(domain::Card card, const Uuid& session_id, Timestamp valid_until,
            std::string idempotency_key, base::Done<app::StoredCard> done) override;
  void Delete(const std::string&, std::move_only_function<void(base::Status)> done) override {
    done({});
  }

 private:
  using Answer = std::function<void(base::Result<app::StoredCard>)>;
  void AskRemote(const Uuid& session_id, const std::string& idempotency_key, const Answer& answer);

  Stage& stage_;
  const Owner owner_;
  base::IdSource& ids_;
};

}  // namespace obolus::simulation
