// The files of an audit log on disk, as the commands read them: a folder stands for its
// audit-….jsonl, oldest first, and audit.jsonl. Blocking; used by cli/audit alone.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/audit_verifier.h"
#include "base/result.h"

namespace obolus::cli {

struct AuditSource {
  std::vector<std::string> paths;  // folders or files, in order
  base::ByteView key{};            // empty: the HMACs are not looked at
  // What else is known of how far the log is, by whence: "the server", "--head".
  std::map<std::string, base::ChainHead> heads{};
};

// Reads the files one by one and gives them to a verifier, with audit.head of each folder; `use`
// gets each line that is an entry. Errors, in order: kNotFound (a path, or no log in a folder),
// kUnavailable (cannot be read).
base::Result<app::AuditReport> ReadAudit(
    const AuditSource& source,
    std::function<void(const app::AuditEntry&, std::string_view line)> use = {});

}  // namespace obolus::cli
