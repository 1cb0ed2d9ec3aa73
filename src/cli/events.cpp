#include "cli/events.h"

#include <algorithm>

#include "base/id.h"
#include "cli/printable.h"

namespace obolus::cli {
namespace {

namespace json = base::json;

std::string TextOf(const json::value& value) {
  if (value.is_null()) return "-";
  return Printable(value.is_string() ? std::string(value.get_string()) : base::ToText(value));
}

std::string Pad(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text + "  ";
}

base::Result<std::string> AskForOne(const OperatorAddress& address, const std::string& method,
                                    const std::string& target, bool as_json) {
  const auto answer = Ask(address, method, target);
  if (!answer) return std::unexpected(answer.error());
  if (as_json || !answer->is_object()) return base::ToText(*answer) + "\n";
  return Describe(answer->get_object());
}

// Ids come from people; anything but a UUID never becomes part of a path.
base::Result<std::string> CheckId(const std::string& id) {
  const auto parsed = base::ParseUuid(id);
  if (!parsed) return base::Invalid("ID", "must be a UUID, as `obolus events list` prints it");
  return base::ToString(*parsed);
}

}  // namespace

std::string Describe(const json::object& object) {
  std::size_t width = 0;
  for (const auto& member : object) width = std::max(width, member.key().size());
  std::string text;
  for (const auto& member : object) {
    text += Pad(std::string(member.key()), width) + TextOf(member.value()) + "\n";
  }
  return text;
}

std::string DescribeEvents(const json::array& events) {
  if (events.empty()) return "no events\n";
  std::string text = Pad("ID", 36) + Pad("TYPE", 18) + Pad("STATUS", 9) + Pad("ATTEMPTS", 8) +
                     Pad("TIME", 24) + "LAST ERROR\n";
  for (const json::value& event : events) {
    const auto cell = [&event](const char* pointer) {
      const json::value* value = base::FindPointer(event, pointer);
      return value != nullptr ? TextOf(*value) : std::string("-");
    };
    text += Pad(cell("/id"), 36) + Pad(cell("/type"), 18) + Pad(cell("/status"), 9) +
            Pad(cell("/attempts"), 8) + Pad(cell("/time"), 24) + cell("/last_error") + "\n";
  }
  return text;
}

base::Result<std::string> ListEvents(const OperatorAddress& address, const EventsQuery& query) {
  std::string target = "/events?limit=" + std::to_string(query.limit);
  if (!query.status.empty()) target += "&status=" + query.status;
  const auto answer = Ask(address, "GET", target);
  if (!answer) return std::unexpected(answer.error());
  const json::value* events = base::FindPointer(*answer, "/events");
  if (query.json || events == nullptr || !events->is_array()) return base::ToText(*answer) + "\n";
  return DescribeEvents(events->get_array());
}

base::Result<std::string> ShowEvent(const OperatorAddress& address, const std::string& id,
                                    bool json) {
  const auto checked = CheckId(id);
  if (!checked) return checked;
  return AskForOne(address, "GET", "/events/" + *checked, json);
}

base::Result<std::string> ReplayEvent(const OperatorAddress& address, const std::string& id,
                                      bool json) {
  const auto checked = CheckId(id);
  if (!checked) return checked;
  return AskForOne(address, "POST", "/events/" + *checked + "/replay", json);
}

}  // namespace obolus::cli
