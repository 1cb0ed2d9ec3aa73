#include "app/audit_line.h"

#include <algorithm>
#include <limits>
#include <span>
#include <vector>

#include "base/json.h"
#include "base/utf8.h"

namespace obolus::app {
namespace {

namespace json = base::json;
using base::AppendAsciiJson;
using domain::AuditKind;
using domain::kLongestDetail;

void AppendText(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  AppendAsciiJson(out, text, kLongestDetail);
}

std::string NameOfItsOwn(std::string name, std::vector<std::string>& taken) {
  const std::string plain = name;
  for (std::size_t n = 2; std::ranges::find(taken, name) != taken.end(); ++n) {
    name = plain + "_" + std::to_string(n);
  }
  taken.push_back(name);
  return name;
}

void AppendDetails(std::string& out, const domain::Details& details) {
  std::vector<std::string> taken;
  const auto append = [&](std::string_view name, std::string_view value) {
    if (!taken.empty()) out.push_back(',');
    AppendAsciiJson(out, NameOfItsOwn(base::CleanText(name, kLongestDetailName), taken),
                    2 * kLongestDetailName);
    out.push_back(':');
    AppendAsciiJson(out, value, kLongestDetail);
  };
  out.append(R"(,"details":{)");
  const std::size_t kept = std::min(details.size(), kMostAuditDetails);
  for (const auto& [name, value] : std::span(details).first(kept)) append(name, value);
  if (kept < details.size()) append("more_details", std::to_string(details.size() - kept));
  out.push_back('}');
}

base::Result<AuditEntry> ReadMembers(const json::value& line, std::uint64_t sequence) {
  std::vector<base::FieldError> faults;
  base::JsonReader reader(line.get_object(), "", &faults);
  const auto time = base::ParseTime(base::FindString(line, "/time").value_or(""));
  const auto kind = ParseAuditKind(base::FindString(line, "/kind").value_or(""));
  auto actor = base::FindString(line, "/actor");
  auto origin = base::FindString(line, "/origin");
  auto object = base::FindString(line, "/object");
  auto instance = base::FindString(line, "/instance");
  const auto success = reader.Boolean("success");
  const auto lost = reader.Integer("lost", 0, std::numeric_limits<std::int64_t>::max());
  const json::object* details = reader.Object("details");
  const bool has_texts = actor && origin && object && instance;
  if (!time || !kind || !has_texts || !success || !lost || details == nullptr) {
    return base::Fail(base::ErrorCode::kMalformed, "a member is missing or not as it must be");
  }
  domain::AuditRecord record{.kind = *kind,
                             .success = *success,
                             .actor = std::move(*actor),
                             .origin = std::move(*origin),
                             .object = std::move(*object)};
  for (const auto& [name, value] : *details) {
    if (!value.is_string()) {
      return base::Fail(base::ErrorCode::kMalformed, "a detail is not a string");
    }
    record.details.emplace_back(name, value.get_string());
  }
  return AuditEntry{.sequence = sequence,
                    .time = *time,
                    .record = std::move(record),
                    .instance = std::move(*instance),
                    .lost = static_cast<std::uint64_t>(*lost)};
}

}  // namespace

std::optional<AuditKind> ParseAuditKind(std::string_view text) {
  const auto kinds = domain::AllAuditKinds();
  const auto found =
      std::ranges::find(kinds, text, [](AuditKind kind) { return domain::ToString(kind); });
  return found == kinds.end() ? std::nullopt : std::optional(*found);
}

std::string WriteAuditMembers(const AuditEntry& entry) {
  const domain::AuditRecord& record = entry.record;
  std::string text;
  text.reserve(512);
  text.append(R"("time":")").append(base::FormatTime(entry.time));
  text.append(R"(","kind":")").append(domain::ToString(record.kind));
  text.append(R"(","success":)").append(record.success ? "true" : "false");
  AppendText(text, "actor", record.actor);
  AppendText(text, "origin", record.origin);
  AppendText(text, "object", record.object);
  AppendDetails(text, record.details);
  AppendText(text, "instance", entry.instance);
  text.append(R"(,"lost":)").append(std::to_string(entry.lost));
  return text;
}

base::Result<AuditEntry> ReadAuditLine(base::ByteView key, std::string_view line) {
  const auto opened = base::OpenChainLine(key, line);
  if (!opened) return std::unexpected(opened.error());
  const auto parsed = base::ParseJson(line, {.max_bytes = kLongestAuditLine, .max_depth = 4});
  if (!parsed) return std::unexpected(parsed.error());
  return ReadMembers(*parsed, opened->sequence);
}

}  // namespace obolus::app
