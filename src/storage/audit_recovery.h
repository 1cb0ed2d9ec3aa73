// What an audit log looks like when it is opened: where it goes on, what a death of the process
// tore, and what nobody but a stranger can have done. Pure; storage/file_audit_log acts on it and
// records it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash_chain.h"

namespace obolus::storage {

struct AuditRecovery {
  base::ChainHead head;        // the next line follows this one
  std::uint64_t first = 0;     // the number of the newest file's first line; 0: none can be read
  std::size_t keep_bytes = 0;  // of the newest file; what is behind was never acknowledged
  std::optional<std::string> tampered{};  // what is wrong, for people
};

// `newest`: the bytes of audit.jsonl. `head_text`: those of audit.head, "" when it is missing.
// A torn end is one behind the line that audit.head knows of.
AuditRecovery RecoverAudit(base::ByteView key, std::string_view newest, std::string_view head_text);

}  // namespace obolus::storage
