// `obolus audit verify|export|tail`: reads the files of an audit log, not the server, so that it
// works on a copy and on another machine. Verifying is part of each: nothing is shown from a log
// without saying whether it hangs together. Gives the text to print; called by main/audit_commands,
// on the main thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/audit_files.h"

namespace obolus::cli {

// The report for people (one line a fault, then what was read) or machines.
std::string DescribeAuditReport(const app::AuditReport& report, bool json);

enum class AuditFormat { kJsonLines, kCsv, kCef };
std::optional<AuditFormat> ParseAuditFormat(std::string_view text);  // "jsonl", "csv", "cef"

struct AuditQuery {
  std::optional<base::Timestamp> from{};   // from then on
  std::optional<base::Timestamp> to{};     // before then
  std::vector<domain::AuditKind> kinds{};  // empty: all
  AuditFormat format = AuditFormat::kJsonLines;
};

struct AuditExport {
  std::string text;
  std::size_t records = 0;
  app::AuditReport report;
};

// The records that are asked for. JSON lines are the log's own bytes; CSV (RFC 4180) and CEF hold
// nothing that a terminal obeys, and no cell that a spreadsheet would run. Errors of ReadAudit.
base::Result<AuditExport> ExportAudit(const AuditSource& source, const AuditQuery& query);

// The last `count` records, a line each for people. Errors of ReadAudit.
base::Result<AuditExport> TailAudit(const AuditSource& source, std::size_t count);

}  // namespace obolus::cli
