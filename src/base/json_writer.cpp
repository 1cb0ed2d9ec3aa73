#include "base/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace obolus::base {
namespace {

constexpr auto kNeedsEscape = [] {
  std::array<bool, 256> table{};
  std::fill_n(table.begin(), 0x20, true);
  table['"'] = table['\\'] = true;
  return table;
}();

std::size_t PlainPrefix(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && !kNeedsEscape[static_cast<unsigned char>(text[size])]) ++size;
  return size;
}

}  // namespace

void JsonObject::Name(std::string_view name) {
  out_->append(first_ ? "\"" : ",\"").append(name).append("\":");
  first_ = false;
}

void JsonObject::Add(std::string_view name, std::string_view text) {
  Name(name);
  Quote(text);
}

void JsonObject::Add(std::string_view name, std::int64_t number) {
  Name(name);
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out_->append(digits.data(), end);
}

void JsonObject::AddBool(std::string_view name, bool flag) {
  Name(name);
  out_->append(flag ? "true" : "false");
}

void JsonObject::Quote(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out_->push_back('"');
  while (!text.empty()) {
    const std::size_t plain = PlainPrefix(text);
    out_->append(text, 0, plain);
    if (plain == text.size()) break;
    const char c = text[plain];
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out_->append("\\u00").append({kHex[byte >> 4], kHex[byte & 15]});
    } else {
      out_->append({'\\', c});
    }
    text.remove_prefix(plain + 1);
  }
  out_->push_back('"');
}

}  // namespace obolus::base
