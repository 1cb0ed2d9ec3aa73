// One session, and many who want to end it at once: real threads, the real use cases, a real store.
// A backend says how to open several stores on one database, as replicas would; one that a process
// has to itself opens one. `RaceStand` is one replica's services over each of them. A
// backend joins by instantiating `SessionRaces`. Used by the tests in this folder, from several
// threads.
#pragma once

#include <gtest/gtest.h>

#include <barrier>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "contract/store_contract.h"
#include "support/app_stand.h"

namespace obolus::races {

using Stores = std::vector<std::unique_ptr<app::Store>>;

struct RaceBackend {
  std::string name;
  std::function<base::Result<Stores>(const std::string& directory)> open;
};
inline std::ostream& operator<<(std::ostream& out, const RaceBackend& backend) {
  return out << backend.name;
}

// What one contender was answered, on whatever thread. `Get` waits, and asks again when the store
// was too busy, as clients do: nothing of such a call is kept.
template <class T>
class Answer {
 public:
  void Ask(std::function<void(base::Done<T>)> call) {
    call_ = std::move(call);
    Send();
  }
  const base::Result<T>& Get() {
    for (int tries = 0; !result_; ++tries) {
      base::Result<T> result = future_.get();
      const bool busy = !result && (result.error().code == base::ErrorCode::kUnavailable ||
                                    result.error().code == base::ErrorCode::kRateLimited);
      if (busy && tries < kMostTries) {
        Send();
      } else {
        result_ = std::move(result);
      }
    }
    return *result_;
  }
  bool Succeeded() { return Get().has_value(); }

 private:
  static constexpr int kMostTries = 20;

  void Send() {
    auto promise = std::make_shared<std::promise<base::Result<T>>>();
    future_ = promise->get_future();
    call_([promise](base::Result<T> result) { promise->set_value(std::move(result)); });
  }

  std::function<void(base::Done<T>)> call_;
  std::future<base::Result<T>> future_;
  std::optional<base::Result<T>> result_;
};

// All replicas share time, ids and keys.
class RaceStand {
 public:
  explicit RaceStand(Stores opened) : stores_(std::move(opened)) {
    for (const auto& store : stores_) {
      replicas_.push_back(std::make_unique<app::Services>(app::Services{
          *store, vault_, envelope_, keys, feed_, clock, ids, audit_, testing::StandSettings()}));
    }
  }
  ~RaceStand() {
    for (const auto& store : stores_) store->Close();
  }
  RaceStand(const RaceStand&) = delete;
  RaceStand& operator=(const RaceStand&) = delete;

  const app::Services& Replica(std::size_t number) const {
    return *replicas_[number % replicas_.size()];
  }

  domain::Session Stored(const base::Uuid& id) const {
    Answer<domain::Session> session;
    session.Ask([&](auto done) { app::InspectSession(Replica(0), id, std::move(done)); });
    return session.Get().value();
  }
  std::vector<std::string> EventTypes(const base::Uuid& id) const {
    Answer<std::vector<app::OutboxEvent>> events;
    events.Ask(
        [&](auto done) { app::ListEvents(Replica(0), {.session_id = id}, std::move(done)); });
    std::vector<std::string> types;
    for (const auto& event : events.Get().value()) types.push_back(event.type);
    return types;
  }

  std::vector<domain::TimelineEntry> Timeline(const base::Uuid& id) const {
    Answer<std::vector<domain::TimelineEntry>> timeline;
    timeline.Ask([&](auto done) { app::ShowTimeline(Replica(0), id, std::move(done)); });
    return timeline.Get().value();
  }

  testing::ManualClock clock;
  testing::SequentialIds ids;
  app::SessionKeys keys = testing::StandKeys();

 private:
  Stores stores_;
  testing::FakeVault vault_;
  testing::FakeEnvelope envelope_;
  app::SessionFeed feed_;
  testing::RecordingAuditLog audit_;
  std::vector<std::unique_ptr<app::Services>> replicas_;
};

// Runs `races` races: at each, every contender starts at the same moment, give or take what decides
// who is first. Contenders do not wait for answers. `contender(number, race, dice)`.
template <class F>
void Race(std::size_t contenders, std::size_t races, std::uint64_t seed, F contender) {
  std::barrier start(static_cast<std::ptrdiff_t>(contenders));
  std::vector<std::jthread> threads;
  for (std::size_t number = 0; number < contenders; ++number) {
    threads.emplace_back([&, number] {
      std::mt19937_64 dice(seed + number);
      for (std::size_t race = 0; race < races; ++race) {
        start.arrive_and_wait();
        const auto begun = std::chrono::steady_clock::now();
        const std::chrono::microseconds pause(dice() % 200);
        while (std::chrono::steady_clock::now() - begun < pause) std::this_thread::yield();
        contender(number, race, dice);
      }
    });
  }
}

constexpr std::size_t kRacesARound = 50;
constexpr std::size_t kEnoughForAll = 1'000;
constexpr std::chrono::seconds kApart{100};  // between the expiry of one session and the next

class SessionRaces : public ::testing::TestWithParam<RaceBackend> {
 protected:
  void SetUp() override {
    auto stores = GetParam().open(directory_.path());
    ASSERT_TRUE(stores) << stores.error().message;
    stand_ = std::make_unique<RaceStand>(std::move(*stores));
    std::cout << "seed " << seed_ << std::endl;
  }

  // Each test takes half of them.
  static std::size_t Rounds() {
    const char* wanted = std::getenv("OBOLUS_RACES");
    const std::size_t races = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 2'000;
    return std::max<std::size_t>(races / 2 / kRacesARound, 1);
  }

  // Sessions that expire one after another, so that time can run out in the middle of each race.
  std::vector<app::OpenedSession> OpenRound(domain::SessionKind kind) {
    std::vector<app::OpenedSession> opened;
    begun_ = stand_->clock.Now();
    for (std::size_t i = 0; i < kRacesARound; ++i) {
      app::OpenSession command;
      command.kind = kind;
      command.expires_in = kApart * static_cast<int>(i + 1);
      command.challenge = domain::HostedChallenge{"https://bank.example/c"};
      Answer<app::OpenedSession> answer;
      answer.Ask([&](auto done) { app::Execute(stand_->Replica(i), command, std::move(done)); });
      opened.push_back(answer.Get().value());
    }
    return opened;
  }

  // In one race of three the time of its session runs out now.
  void RunOutOfTime(std::size_t race, std::mt19937_64& dice,
                    Answer<app::ExpireSessions::Swept>& swept) {
    if (dice() % 3 == 0) {
      stand_->clock.Advance(std::chrono::duration_cast<base::Millis>(
          begun_ + kApart * static_cast<int>(race + 1) - stand_->clock.Now()));
    }
    swept.Ask([this, race](auto done) {
      app::ExpireSessions::Sweep(stand_->Replica(race), std::move(done));
    });
  }
  void EndRound() { stand_->clock.Advance(kApart * static_cast<int>(kRacesARound)); }

  // Each end was reached, so each contender can win; a short run may miss one.
  void ExpectWinners(std::initializer_list<domain::SessionState> states) const {
    std::cout << "races:";
    std::size_t sum = 0;
    for (const auto& [state, count] : ends_) {
      std::cout << " " << ToString(state) << " " << count;
      sum += count;
    }
    std::cout << ", in all " << sum << std::endl;
    if (sum < kEnoughForAll) return;
    for (const auto state : states) EXPECT_GT(ends_.count(state), 0U) << ToString(state);
  }

  const std::uint64_t seed_ = std::random_device()();
  contract::TemporaryDirectory directory_;
  std::unique_ptr<RaceStand> stand_;
  base::Timestamp begun_;
  std::map<domain::SessionState, std::size_t> ends_;
  std::size_t conflicts_ = 0;
  std::size_t voided_before_ = 0;
  std::size_t voided_after_ = 0;
};

}  // namespace obolus::races
