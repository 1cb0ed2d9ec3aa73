// The [audit] section of the configuration, and the audit log that it describes, with its key. The
// key has a file of its own, apart from the key ring: an auditor who verifies the log gets no key
// to a card, the log is there before the ring is opened, and the ring can rotate without it. Called
// by main/config and main/wiring.
#pragma once

#include <memory>

#include "base/metrics.h"
#include "main/config.h"
#include "main/config_values.h"
#include "storage/file_audit_log.h"

namespace obolus::main {

// Faults go to `values`.
void ReadAudit(ConfigValues& values, Config& config);

// Makes the key (mode 0600) when there is neither key nor log, and records that. Errors, in order:
// kConflict (a log without its key), those of vault::ReadKeyFile and CreateKeyFile, kMalformed (the
// key's length), those of storage::FileAuditLog::Open.
base::Result<std::unique_ptr<storage::FileAuditLog>> OpenAudit(const Config& config,
                                                               base::Metrics& metrics);

// The key, for the commands that verify. Errors: those of vault::ReadKeyFile, kMalformed.
base::Result<base::SecretBytes> ReadAuditKey(const std::string& path);

}  // namespace obolus::main
