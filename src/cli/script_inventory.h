// Holds a page of ours against what Obolus says of itself in /script-inventory.json (PCI DSS 4.0.1,
// 6.4.3): only files of the inventory, with the inventory's bytes; nothing that runs without being
// one of them; and headers at least as strict as our pages have them. Used by cli/page_watch; pure.
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "cli/page_record.h"

namespace obolus::cli {

// What of the page at `url` is not as it must be; empty: all is. `record.items` has the "bytes" of
// every file. kInvalid: `inventory` lists no file.
base::Result<std::vector<PageItem>> CheckInventory(const base::json::value& inventory,
                                                   const PageRecord& record, std::string_view url);

}  // namespace obolus::cli
