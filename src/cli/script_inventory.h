// Holds a page of ours against what Obolus says of itself in /script-inventory.json (PCI DSS 4.0.1,
// 6.4.3), or against a copy of it: exactly the scripts of the inventory with its bytes, its style,
// its headers, and nothing else that could run or load. Used by cli/page_watch; pure.
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "cli/page_record.h"

namespace obolus::cli {

// What of the page at `url` is not as it must be; empty: all is. `record.items` has the "bytes" of
// every file. Of several pages that the inventory has for an address, the nearest counts. kInvalid:
// the inventory has no page for this address.
base::Result<std::vector<PageItem>> CheckInventory(const base::json::value& inventory,
                                                   const PageRecord& record, std::string_view url);

}  // namespace obolus::cli
