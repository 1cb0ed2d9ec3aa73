// How a command of the command line gets its record into the audit log: through the server when one
// runs, because the log has one writer, else under the lock that a server would have. Called by
// main/main and main/audit_commands.
#pragma once

#include <string>

#include "base/result.h"
#include "domain/audit_record.h"
#include "main/config.h"

namespace obolus::main {

// `kind`: audit_read or backup_made. On disk when it returns. kUnavailable, kInvalid.
base::Status RecordForCommand(const Config& config, domain::AuditKind kind,
                              const std::string& detail);

}  // namespace obolus::main
