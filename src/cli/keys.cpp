#include "cli/keys.h"

#include <algorithm>
#include <array>
#include <vector>

#include "cli/printable.h"

namespace obolus::cli {
namespace {

namespace json = base::json;

constexpr std::size_t kLongestId = 64;
constexpr std::array<const char*, 7> kColumns = {
    "/kind", "/id", "/algorithm", "/state", "/active_at", "/replaced_at", "/needed_by"};
using Row = std::array<std::string, kColumns.size()>;

std::string CellOf(const json::value& key, const char* pointer) {
  const json::value* value = base::FindPointer(key, pointer);
  if (value == nullptr || value->is_null()) return "-";
  return Printable(value->is_string() ? std::string(value->get_string()) : base::ToText(*value));
}

std::string Table(const std::vector<Row>& rows) {
  std::array<std::size_t, kColumns.size()> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string DescribeList(const json::value& answer) {
  std::vector<Row> rows = {
      {"KIND", "ID", "ALGORITHM", "STATE", "ACTIVE FROM", "REPLACED", "NEEDED BY"}};
  const json::value* keys = base::FindPointer(answer, "/keys");
  if (keys == nullptr || !keys->is_array()) return "";
  for (const json::value& key : keys->get_array()) {
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < kColumns.size(); ++i) row[i] = CellOf(key, kColumns[i]);
  }
  return Table(rows);
}

}  // namespace

std::string DescribeKeys(const json::value& answer) {
  std::string text = DescribeList(answer);
  if (const json::value* rewrap = base::FindPointer(answer, "/rewrap")) {
    text += "\n" + DescribeRewrap(*rewrap);
  }
  return text;
}

std::string DescribeRotated(const json::value& answer) {
  return DescribeList(answer) +
         "\nA pending key is used from its time on. What the old ones made goes on working; retire"
         " them when nothing needs them any more (obolus keys list).\n";
}

std::string DescribeRetired(const json::value& answer) {
  return "key " + CellOf(answer, "/id") + " is retired; backups of the key file still hold it\n";
}

std::string DescribeRewrap(const json::value& answer) {
  std::string text = "cards under older keys: " + CellOf(answer, "/waiting") +
                     ", wrapped anew so far: " + CellOf(answer, "/rewrapped");
  const std::string broken = CellOf(answer, "/not_opened");
  if (broken != "0" && broken != "-") text += ", do not open: " + broken;
  return text + (CellOf(answer, "/running") == "true" ? ", under way\n" : "\n");
}

bool IsKeyId(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

}  // namespace obolus::cli
