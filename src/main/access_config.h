// Who may call, as the configuration says it: API keys, names of certificates, the operator's
// credential; and the file of API keys, read at start and by the reload. Used by main/config and
// main/wiring.
#pragma once

#include "http/api_key_ring.h"
#include "main/config.h"
#include "main/config_values.h"
#include "main/reload.h"

namespace obolus::main {

// After the listeners' TLS has been read. Faults go to `values`.
void ReadAccess(ConfigValues& values, Config& config);

// Nothing to do without a file. Errors, which leave the ring as it was: those of
// vault::ReadKeyFile, app::ParseApiKeys.
base::Status LoadApiKeys(const Config& config, base::Timestamp now, http::ApiKeyRing& keys);
// All outlive the reload.
void AddApiKeyStep(Reload& reload, const Config& config, const base::Clock& clock,
                   http::ApiKeyRing& keys);

}  // namespace obolus::main
