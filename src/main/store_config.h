// The store that [store] of the configuration asks for, and the folder that it lives in. Called by
// main/wiring at start, before any thread runs.
#pragma once

#include <memory>
#include <string>

#include "app/ports/store.h"
#include "base/id.h"
#include "main/config.h"

namespace obolus::main {

// Mode 0700; one that is there already is left as it is. kUnavailable: says why.
base::Status MakeDataDir(const std::string& path);

// `ids` must outlive the store. Errors are those of the store's Open.
base::Result<std::unique_ptr<app::Store>> OpenStore(const Config& config, base::IdSource& ids);

// Of the schema that OpenStore brings the store to; 0: it has none.
std::int64_t SchemaVersion(const Config& config);

// For messages: its path, or what it is; never the DSN, which may hold a password.
std::string StoreName(const Config& config);

}  // namespace obolus::main
