// `obolus pagewatch URL`: looks at a page as shoppers get it and says what differs from what is
// expected: from a baseline that was saved earlier (any page, the merchant's own), or from the
// script inventory of the server that made it (our pages). PCI DSS 4.0.1 asks for both the
// inventory (6.4.3) and the look, weekly (11.6.1). It reads what the page and its headers say, not
// what its scripts do later: that is what the policy and its reports are for. Called by main/main.
#pragma once

#include <string>

#include "base/result.h"

namespace obolus::cli {

struct PageWatchOptions {
  std::string url{};
  std::string inventory_file{};  // a baseline or a script inventory; empty: the server's inventory
  std::string save_file{};       // write a baseline instead of comparing
  std::string ca_file{};         // empty: the system's
  bool json = false;             // for machines
};

struct PageWatchReport {
  bool same = false;
  std::string text;  // to be printed
};

// Fetches the page twice, because nonces must differ, and every file that it loads. Errors:
// kInvalid (the address, a file of the options), kUnavailable, kTimeout, kTooLarge, kNotFound (no
// inventory; with `save_file` a page that does not answer 200): nothing was compared.
base::Result<PageWatchReport> WatchPage(const PageWatchOptions& options);

}  // namespace obolus::cli
