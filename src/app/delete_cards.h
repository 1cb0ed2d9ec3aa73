// Deletes cards that are of no more use from the vault on other machines where they rest: claims
// the rows that commits left (CardDeletion), asks the vault, and keeps asking at growing intervals
// until it has answered or a week is over, through restarts. Rounds go one after the other on the
// scheduler. Owned by main, where a remote vault is configured.
#pragma once

#include <atomic>
#include <memory>

#include "app/services.h"
#include "base/metrics.h"

namespace obolus::app {

class DeleteCards {
 public:
  static constexpr std::chrono::hours kGiveUpAfter{7 * 24};
  // Before the next try after the n-th that failed.
  static base::Millis DelayAfter(int attempts);

  // All outlive the scheduler's last task. `vault`: the remote one, whichever new cards go to.
  DeleteCards(const Services& services, Vault& vault, base::Scheduler& scheduler,
              base::Metrics& metrics, base::Millis interval);

  void Start();
  void Stop();  // no new round; calls under way end by themselves

  // One round: how many rows it took on. Also for tests.
  void Round(base::Done<std::size_t> done);

 private:
  struct State;
  static void Run(const std::shared_ptr<State>& state, base::Done<std::size_t> done);
  static void Delete(const std::shared_ptr<State>& state, CardDeletion deletion,
                     std::move_only_function<void()> done);
  static void Settle(const std::shared_ptr<State>& state, CardDeletion deletion,
                     const Status& deleted, std::move_only_function<void()> done);
  static void Loop(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace obolus::app
