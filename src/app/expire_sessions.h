// The sweep: ends sessions whose time is over, returns submissions whose lease ended to their
// shopper, and deletes what has been kept long enough. Runs at its own pace on the scheduler; a
// session that expired is refused from that moment on, whether or not the sweep has been there.
// Owned by main.
#pragma once

#include <atomic>
#include <memory>

#include "app/services.h"

namespace obolus::app {

class ExpireSessions {
 public:
  // `services` and `scheduler` outlive this. Nothing runs before Start.
  ExpireSessions(const Services& services, base::Scheduler& scheduler, base::Millis interval);

  void Start();
  void Stop();  // no new round; one under way ends by itself

  struct Swept {
    std::size_t sessions = 0;  // that changed
    bool more = false;         // the round was full: there may be more to end or to forget
  };
  // One round. Also for tests.
  static void Sweep(const Services& services, base::Done<Swept> done);

 private:
  struct State;
  static void Round(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace obolus::app
