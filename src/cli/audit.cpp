#include "cli/audit.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/json.h"
#include "cli/printable.h"

namespace obolus::cli {
namespace {

namespace json = base::json;
using app::AuditEntry;

constexpr std::string_view kCsvHead =
    "sequence,time,kind,success,actor,origin,object,details,instance,lost\r\n";

std::string DetailsOf(const AuditEntry& entry) {
  std::string text;
  for (const auto& [name, value] : entry.record.details) {
    if (!text.empty()) text += ' ';
    text += PrintableWord(name) + "=" + PrintableWord(value);
  }
  return text;
}

std::string_view Outcome(const AuditEntry& entry) {
  return entry.record.success ? "success" : "failure";
}

// RFC 4180, and an apostrophe before what a spreadsheet would take for a formula.
std::string Cell(std::string_view text) {
  std::string cell = "\"";
  if (!text.empty() && std::string_view("=+-@").contains(text.front())) cell += '\'';
  for (const char c : Printable(text)) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + '"';
}

std::string CsvRow(const AuditEntry& entry) {
  const domain::AuditRecord& record = entry.record;
  return std::to_string(entry.sequence) + "," + base::FormatTime(entry.time) + "," +
         std::string(domain::ToString(record.kind)) + "," + std::string(Outcome(entry)) + "," +
         Cell(record.actor) + "," + Cell(record.origin) + "," + Cell(record.object) + "," +
         Cell(DetailsOf(entry)) + "," + Cell(entry.instance) + "," + std::to_string(entry.lost) +
         "\r\n";
}

// "Common Event Format", version 0: in an extension's value "\" and "=" are escaped.
void AddExtension(std::string& line, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  line.append(" ").append(key).append("=");
  for (const char c : Printable(text)) {
    if (c == '\\' || c == '=') line += '\\';
    line += c;
  }
}

int SeverityOf(const AuditEntry& entry) {
  if (entry.record.kind == domain::AuditKind::kTamperSuspected) return 9;
  return entry.record.success ? 3 : 6;
}

std::string CefLine(const AuditEntry& entry) {
  const domain::AuditRecord& record = entry.record;
  const std::string kind(domain::ToString(record.kind));
  std::string line = "CEF:0|Obolus|Obolus|1|" + kind + "|" + kind + "|" +
                     std::to_string(SeverityOf(entry)) +
                     "|rt=" + std::to_string(base::ToMillis(entry.time));
  AddExtension(line, "externalId", std::to_string(entry.sequence));
  AddExtension(line, "outcome", Outcome(entry));
  AddExtension(line, "suser", record.actor);
  AddExtension(line, "src", record.origin);
  AddExtension(line, "dvchost", entry.instance);
  if (!record.object.empty()) AddExtension(line, "cs1Label", "object");
  AddExtension(line, "cs1", record.object);
  AddExtension(line, "msg", DetailsOf(entry));
  return line + "\n";
}

std::string RowForPeople(const AuditEntry& entry) {
  const domain::AuditRecord& record = entry.record;
  std::string line = std::to_string(entry.sequence) + "  " + base::FormatTime(entry.time) + "  " +
                     std::string(domain::ToString(record.kind)) +
                     (record.success ? "" : " FAILED") + "  " + PrintableWord(record.actor);
  if (!record.origin.empty()) line += " from " + PrintableWord(record.origin);
  if (!record.object.empty()) line += "  " + PrintableWord(record.object);
  const std::string details = DetailsOf(entry);
  if (!details.empty()) line += "  " + details;
  if (entry.lost > 0) line += "  lost=" + std::to_string(entry.lost);
  return line + "\n";
}

bool IsAskedFor(const AuditQuery& query, const AuditEntry& entry) {
  const bool kind =
      query.kinds.empty() || std::ranges::find(query.kinds, entry.record.kind) != query.kinds.end();
  return kind && (!query.from || entry.time >= *query.from) &&
         (!query.to || entry.time < *query.to);
}

json::value ToJson(const app::AuditReport& report) {
  json::array faults;
  for (const app::AuditFault& fault : report.faults) {
    faults.push_back({{"file", fault.file}, {"line", fault.line}, {"what", fault.what}});
  }
  return {{"whole", report.all_faults == 0},
          {"faults", std::move(faults)},
          {"all_faults", report.all_faults},
          {"files", report.files},
          {"lines", report.lines},
          {"first", report.first},
          {"head", base::ToText(report.head)},
          {"lost", report.lost},
          {"unfinished_bytes", report.unfinished_bytes}};
}

}  // namespace

std::string DescribeAuditReport(const app::AuditReport& report, bool json) {
  if (json) return base::ToText(ToJson(report)) + "\n";
  std::string text;
  for (const app::AuditFault& fault : report.faults) {
    text += Printable(fault.file);
    if (fault.line > 0) text += ":" + std::to_string(fault.line);
    text += (fault.file.empty() ? "" : ": ") + Printable(fault.what) + "\n";
  }
  if (report.all_faults > report.faults.size()) text += "…\n";
  text += std::to_string(report.lines) + " lines in " + std::to_string(report.files) + " files, " +
          std::to_string(report.first) + " to " + std::to_string(report.head.sequence) +
          " of the log; head " + base::ToText(report.head) + "\n";
  if (report.lost > 0) {
    text += std::to_string(report.lost) + " records were lost before they could be written\n";
  }
  if (report.unfinished_bytes > 0) {
    text += std::to_string(report.unfinished_bytes) +
            " bytes of a line at the end are not written yet, or were torn\n";
  }
  return text + (report.all_faults == 0 ? "the log is whole\n"
                                        : std::to_string(report.all_faults) + " faults\n");
}

std::optional<AuditFormat> ParseAuditFormat(std::string_view text) {
  if (text == "jsonl") return AuditFormat::kJsonLines;
  if (text == "csv") return AuditFormat::kCsv;
  if (text == "cef") return AuditFormat::kCef;
  return std::nullopt;
}

base::Result<AuditExport> ExportAudit(const AuditSource& source, const AuditQuery& query) {
  AuditExport exported;
  if (query.format == AuditFormat::kCsv) exported.text = kCsvHead;
  auto report = ReadAudit(source, [&](const AuditEntry& entry, std::string_view line) {
    if (!IsAskedFor(query, entry)) return;
    ++exported.records;
    switch (query.format) {
      case AuditFormat::kJsonLines:
        exported.text.append(line).append("\n");
        break;
      case AuditFormat::kCsv:
        exported.text += CsvRow(entry);
        break;
      case AuditFormat::kCef:
        exported.text += CefLine(entry);
        break;
    }
  });
  if (!report) return std::unexpected(report.error());
  exported.report = std::move(*report);
  return exported;
}

base::Result<AuditExport> TailAudit(const AuditSource& source, std::size_t count) {
  std::deque<std::string> rows;
  auto report = ReadAudit(source, [&](const AuditEntry& entry, std::string_view /*line*/) {
    rows.push_back(RowForPeople(entry));
    if (rows.size() > count) rows.pop_front();
  });
  if (!report) return std::unexpected(report.error());
  AuditExport tail{.text = {}, .records = rows.size(), .report = std::move(*report)};
  for (const std::string& row : rows) tail.text += row;
  return tail;
}

}  // namespace obolus::cli
