// Which networks the number that the shopper is typing works with, so that the frame can offer the
// choice that Regulation (EU) 2015/751, article 8, gives the holder of a co-badged card. Read-only,
// by session key and leading digits alone. Called by http/shopper_routes while the shopper types.
#pragma once

#include <string>
#include <vector>

#include "app/services.h"
#include "app/show_session.h"

namespace obolus::app {

struct FindNetworks {
  std::string key;  // "pay_…"
  std::string iin;  // the number's first 6 to 8 digits
};

struct FoundNetworks {
  SessionView view;
  // In the operator's order of preference; only those that the session allows.
  std::vector<domain::CardNetwork> networks;
};

// Errors, in order: kNotFound (no payment session has this key, or its time is over), kUnavailable.
void Execute(const Services& services, FindNetworks command, base::Done<FoundNetworks> done);

}  // namespace obolus::app
