// `obolus crypto-inventory`: every cryptographic algorithm that Obolus uses, with key sizes, what
// for, where the keys live and how they are renewed, and how old the keys in use are (PCI DSS
// 12.3.3). A table beside the code it speaks of; a test looks for algorithms in the source that it
// does not name (tests/component/crypto_inventory). Called by main/main.
#pragma once

#include <string>

#include "base/json.h"
#include "main/config.h"

namespace obolus::main {

// The keys in use are those of the key file, when there is one and it can be read.
base::json::object CryptoInventory(const Config& config, const base::Clock& clock);

// For people.
std::string DescribeInventory(const base::json::object& inventory);

}  // namespace obolus::main
