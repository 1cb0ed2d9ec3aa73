// How much one client may ask for besides submitting cards: states, networks, cancellations, and
// how many streams it may keep open. Generous, because thousands may share an address; it keeps one
// of them from taking all. Called by http/ for each request of the shopper's protocol; any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "domain/leak_table.h"

namespace obolus::app {

struct RequestRules {
  domain::Rate requests{.burst = 2000, .per_hour = 720'000};  // burst 0: any number
  int streams = 1000;                                         // at once; 0: any number
};

class RequestLimits {
 public:
  // `refused` is called for each.
  RequestLimits(RequestRules rules, std::function<void()> refused);

  // None: go on. Else how long to wait.
  std::optional<std::chrono::seconds> Admit(const std::string& client, base::Timestamp now);
  // Nullptr: as many streams as it may have. One ends when what is returned goes; may outlive this.
  std::shared_ptr<void> OpenStream(const std::string& client);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace obolus::app
