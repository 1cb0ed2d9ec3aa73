#include "cli/sessions.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "cli/events.h"
#include "cli/printable.h"

namespace obolus::cli {
namespace {

namespace json = base::json;

constexpr std::size_t kColumns = 5;  // time, side, what, states, event; then details
using Row = std::array<std::string, kColumns + 1>;

std::string Text(const json::value& entry, const char* pointer) {
  return Printable(base::FindString(entry, pointer).value_or("-"));
}

// Characters, not bytes: our own words are ASCII but for the arrow, which is one column wide.
std::size_t WidthOf(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string DetailsOf(const json::value& entry) {
  const json::value* details = base::FindPointer(entry, "/details");
  if (details == nullptr || !details->is_object()) return "";
  const auto event = base::FindString(entry, "/event");
  std::string text;
  for (const auto& [name, value] : details->get_object()) {
    if (name == "type" && event && value == json::value(*event)) continue;  // has a column
    if (!text.empty()) text += ' ';
    text += PrintableWord(std::string_view(name)) + "=";
    text +=
        value.is_string() ? PrintableWord(value.get_string()) : PrintableWord(base::ToText(value));
  }
  return text;
}

// The trace of a request that is not the opening's: there is word of it elsewhere.
std::string TraceOf(const json::value& entry, const json::value& opening) {
  const auto trace = base::FindString(entry, "/trace_id");
  if (!trace || trace == base::FindString(opening, "/trace_id")) return "";
  return "trace_id=" + PrintableWord(*trace);
}

Row RowOf(const json::value& entry, const json::value& opening) {
  const std::string from = Text(entry, "/from");
  const std::string to = Text(entry, "/to");
  const auto event = base::FindString(entry, "/event");
  std::string details = DetailsOf(entry);
  const std::string trace = TraceOf(entry, opening);
  if (!details.empty() && !trace.empty()) details += ' ';
  return {SinceOpening(base::FindString(opening, "/at").value_or(""),
                       base::FindString(entry, "/at").value_or("")),
          Text(entry, "/side"),
          "→ " + Text(entry, "/what"),
          from == to ? to : from + " → " + to,
          event ? Printable(*event) : "",
          details + trace};
}

std::string Align(const std::vector<Row>& rows) {
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], WidthOf(row[i]));
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) {
      line += row[i] + std::string(widths[i] - WidthOf(row[i]) + (i == 1 ? 1 : 2), ' ');
    }
    line += row[kColumns];
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

base::Result<std::string> AskFor(const OperatorAddress& address, const std::string& method,
                                 const std::string& id, const std::string& action, bool as_json) {
  const auto parsed = base::ParseUuid(id);
  if (!parsed) {
    return base::Invalid("ID", "must be a UUID: of a session, a terminal or a payment");
  }
  const auto answer = Ask(address, method, "/sessions/" + base::ToString(*parsed) + action);
  if (!answer) return std::unexpected(answer.error());
  if (as_json || !answer->is_object()) return base::ToText(*answer) + "\n";
  return DescribeSession(answer->get_object());
}

}  // namespace

std::string SinceOpening(std::string_view opening, std::string_view at) {
  const auto from = base::ParseTime(opening);
  const auto to = base::ParseTime(at);
  if (!from || !to) return "?";
  const auto gone = std::chrono::duration_cast<std::chrono::milliseconds>(*to - *from);
  const long long ms = std::chrono::abs(gone).count();
  const char sign = gone.count() < 0 ? '-' : '+';
  std::array<char, 48> text{};
  const long long hours = ms / 3'600'000;
  const long long minutes = ms / 60'000 % 60;
  const long long seconds = ms / 1000 % 60;
  if (hours > 0) {
    std::snprintf(text.data(), text.size(), "%c%lld:%02lld:%02lld.%03lld", sign, hours, minutes,
                  seconds, ms % 1000);
  } else {
    std::snprintf(text.data(), text.size(), "%c%02lld:%02lld.%03lld", sign, minutes, seconds,
                  ms % 1000);
  }
  return text.data();
}

std::string DescribeSession(const json::object& session) {
  json::object members = session;
  members.erase("timeline");
  std::string text = Describe(members);
  const json::value* timeline = session.if_contains("timeline");
  if (timeline == nullptr || !timeline->is_array() || timeline->get_array().empty()) return text;
  const json::array& entries = timeline->get_array();
  std::vector<Row> rows;
  for (const json::value& entry : entries) rows.push_back(RowOf(entry, entries[0]));
  return text + "\n" + Align(rows);
}

base::Result<std::string> ShowSession(const OperatorAddress& address, const std::string& id,
                                      bool json) {
  return AskFor(address, "GET", id, "", json);
}

base::Result<std::string> CancelSession(const OperatorAddress& address, const std::string& id,
                                        bool json) {
  return AskFor(address, "POST", id, "/cancel", json);
}

}  // namespace obolus::cli
