#include "storage/timeline_document.h"

#include "base/json.h"

namespace obolus::storage {
namespace {

namespace json = base::json;

std::string_view TextOf(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                : std::string_view();
}

void ReadDetails(const json::object& object, domain::Details* details) {
  const json::value* found = object.if_contains("details");
  if (found == nullptr || !found->is_object()) return;
  for (const auto& member : found->get_object()) {
    if (!member.value().is_string()) continue;
    details->emplace_back(member.key(), std::string_view(member.value().get_string()));
  }
}

}  // namespace

std::string ToDocument(const domain::TimelineEntry& entry) {
  json::object object = {{"side", domain::ToString(entry.cause.side)},
                         {"what", entry.what},
                         {"from", domain::ToString(entry.from)},
                         {"to", domain::ToString(entry.to)}};
  if (entry.changed) object["changed"] = true;
  if (entry.event) object["event"] = domain::ToString(*entry.event);
  if (!entry.cause.trace_id.empty()) object["trace_id"] = entry.cause.trace_id;
  if (!entry.cause.request_id.empty()) object["request_id"] = entry.cause.request_id;
  if (!entry.details.empty()) {
    json::object details;
    for (const auto& [name, value] : entry.details) details[name] = value;
    object["details"] = std::move(details);
  }
  return base::ToText(object);
}

base::Result<domain::TimelineEntry> ReadTimelineEntry(const base::Uuid& session_id,
                                                      base::Timestamp at,
                                                      std::string_view document) {
  // Text of others was cut and checked when it came in; what is stored must be readable whatever it
  // is.
  json::parse_options options;
  options.allow_invalid_utf8 = true;
  json::error_code error;
  const json::value root = json::parse(document, error, {}, options);
  if (error || !root.is_object()) {
    return base::Fail(base::ErrorCode::kInternal, "a stored timeline cannot be read");
  }
  const json::object& object = root.get_object();
  domain::TimelineEntry entry;
  entry.session_id = session_id;
  entry.at = at;
  entry.cause = {domain::ParseSide(TextOf(object, "side")).value_or(domain::Side::kObolus),
                 std::string(TextOf(object, "trace_id")),
                 std::string(TextOf(object, "request_id"))};
  entry.what = TextOf(object, "what");
  entry.from = domain::ParseSessionState(TextOf(object, "from")).value_or(entry.from);
  entry.to = domain::ParseSessionState(TextOf(object, "to")).value_or(entry.to);
  entry.event = domain::ParseOutboundEvent(TextOf(object, "event"));
  const json::value* changed = object.if_contains("changed");
  entry.changed = changed != nullptr && changed->is_bool() && changed->get_bool();
  ReadDetails(object, &entry.details);
  return entry;
}

}  // namespace obolus::storage
