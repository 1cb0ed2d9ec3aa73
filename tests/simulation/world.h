// The simulated world: processes of obolus that crash and start again over one store, clocks that
// jump, and a network between them and those who call them. It takes one task after the other until
// all is healed and settled, and has the auditor look after each. Made by Simulate; one thread.
#pragma once

#include <memory>
#include <string_view>

#include "base/fault.h"
#include "simulation/process.h"

namespace obolus::simulation {

// A request to any of the processes, and what becomes of its answer.
template <class T>
struct Exchange {
  std::string_view what;
  std::function<void(Process&, base::Done<T>)> run;      // may run more than once, or never
  std::function<void(const base::Result<T>&)> leaves;    // the answer is made
  std::function<void(const base::Result<T>&)> answered;  // it arrives, or time is out; once
};

class World {
 public:
  World(std::uint64_t seed, Mutant mutant, std::FILE* trace) : stage_(seed, mutant, trace) {}

  // Runs until everything has settled. `is_done`: those who call have got all they wait for.
  void Run(const std::function<bool()>& is_done);
  Stage& stage() { return stage_; }

  template <class T>
  void Send(Exchange<T> exchange);

 private:
  template <class F>
  void Inside(std::size_t index, F task);
  template <class T>
  void Arrive(const Exchange<T>& exchange, std::function<void(base::Result<T>)> finish);
  void Start(std::size_t index);
  void Kill(std::size_t index);
  void Tick();
  void JumpClock(Millis by);
  void Heal();
  bool IsSettled() const;
  static void Reached(base::FaultPoint point);

  static constexpr Millis kRequestTimeout{10'000};
  static World* running_;

  Stage stage_;
  Owner last_owner_ = kWorld;
  std::map<Owner, std::size_t> index_of_;
  std::array<std::unique_ptr<Process>, Stage::kMostProcesses> processes_;
  std::array<Millis, Stage::kMostProcesses> jumped_{};
  std::array<Millis, Stage::kMostProcesses> skew_{};
};

template <class F>
void World::Inside(std::size_t index, F task) {
  try {
    task(*processes_.at(index));
  } catch (const SimCrash&) {
    Kill(index);
  }
}

template <class T>
void World::Arrive(const Exchange<T>& exchange, std::function<void(base::Result<T>)> finish) {
  const auto index = static_cast<std::size_t>(stage_.random.Below(stage_.plan.processes));
  if (processes_.at(index) == nullptr) {
    return finish(base::Fail(base::ErrorCode::kUnavailable, "nobody listens"));
  }
  Inside(index, [&](Process& process) {
    base::Reach(base::FaultPoint::kRequestRead);
    exchange.run(process, [this, leaves = exchange.leaves, finish](base::Result<T> result) {
      base::Reach(base::FaultPoint::kBeforeAnswer);
      leaves(result);
      if (stage_.Strikes(FaultKind::kAnswerLost)) return;
      Millis delay = stage_.Delay(1, 50);
      if (stage_.Strikes(FaultKind::kAnswerLate)) delay = stage_.Delay(1'000, 15'000);
      stage_.After(delay, kWorld, [finish, result = std::move(result)] { finish(result); });
    });
  });
}

template <class T>
void World::Send(Exchange<T> exchange) {
  stage_.history.Note("send", exchange.what);
  auto waiting = std::make_shared<bool>(true);
  const auto finish = [this, waiting, what = exchange.what,
                       answered = exchange.answered](base::Result<T> result) {
    if (!std::exchange(*waiting, false)) return;
    stage_.history.Note("answer", what, result ? -1 : static_cast<int>(result.error().code));
    answered(result);
  };
  int copies = stage_.Strikes(FaultKind::kRequestLost) ? 0 : 1;
  if (stage_.Strikes(FaultKind::kRequestRepeated)) ++copies;
  for (; copies > 0; --copies) {
    Millis delay = stage_.Delay(1, 50);
    if (stage_.Strikes(FaultKind::kRequestLate)) delay = stage_.Delay(1'000, 20'000);
    stage_.After(delay, kWorld, [this, exchange, finish] { Arrive<T>(exchange, finish); });
  }
  stage_.After(kRequestTimeout, kWorld,
               [finish] { finish(base::Fail(base::ErrorCode::kTimeout, "no answer")); });
}

}  // namespace obolus::simulation
