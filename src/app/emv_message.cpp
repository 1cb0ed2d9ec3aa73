#include "app/emv_message.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"

namespace obolus::app {
namespace {

namespace json = base::json;

constexpr std::size_t kMostBytes = std::size_t{64} * 1024;
constexpr std::size_t kLongestId = 64;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool AreDigits(std::string_view text, std::size_t count) {
  return text.size() == count && std::ranges::all_of(text, IsDigit);
}

bool IsVersion(std::string_view text) {
  return !text.empty() && text.size() <= 8 &&
         std::ranges::all_of(text, [](char c) { return IsDigit(c) || c == '.'; });
}

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= kLongestId;
}

bool IsTransStatus(std::string_view text) {
  return text.size() == 1 && std::string_view("YNUACRDI").contains(text);
}

bool IsWindowSize(std::string_view text) {
  return text.size() == 2 && text[0] == '0' && text[1] >= '1' && text[1] <= '5';
}

std::optional<std::string> Member(const json::object& object, std::string_view name,
                                  bool (*is_well_formed)(std::string_view)) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const std::string_view text = value->get_string();
  return is_well_formed(text) ? std::optional<std::string>(text) : std::nullopt;
}

// The digits of base64url, whatever alphabet they came in. A form that did not escape its "+" had
// it read as a space.
std::string Digits(std::string_view text, bool space_is_plus) {
  std::string digits;
  digits.reserve(text.size());
  for (const char c : text) {
    if (c == '+' || (c == ' ' && space_is_plus)) {
      digits += '-';
    } else if (c == '/') {
      digits += '_';
    } else if (static_cast<unsigned char>(c) > ' ') {
      digits += c;
    }
  }
  while (digits.ends_with('=')) digits.pop_back();
  return digits;
}

std::optional<json::object> ReadObject(std::string_view text) {
  auto value = base::ParseJson(text, {.max_bytes = kMostBytes});
  if (!value || !value->is_object()) return std::nullopt;
  return std::move(value->get_object());
}

std::optional<json::object> ReadEncoded(std::string_view text) {
  for (const bool space_is_plus : {false, true}) {
    const auto bytes = base::DecodeBase64Url(Digits(text, space_is_plus));
    if (!bytes) continue;
    if (auto object = ReadObject(base::AsText(*bytes))) return object;
  }
  return std::nullopt;
}

}  // namespace

std::optional<EmvMessage> ReadEmvMessage(std::string_view text) {
  if (text.size() > kMostBytes) return std::nullopt;
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const bool is_bare = text.substr(begin).starts_with('{');
  const auto object = is_bare ? ReadObject(text) : ReadEncoded(text);
  if (!object) return std::nullopt;
  return EmvMessage{
      .type = Member(*object, "messageType", IsId).value_or(""),
      .acs_trans_id = Member(*object, "acsTransID", IsId),
      .three_ds_server_trans_id = Member(*object, "threeDSServerTransID", IsId),
      .message_version = Member(*object, "messageVersion", IsVersion),
      .window_size = Member(*object, "challengeWindowSize", IsWindowSize),
      .trans_status = Member(*object, "transStatus", IsTransStatus),
      .challenge_cancel = Member(*object, "challengeCancel",
                                 [](std::string_view code) { return AreDigits(code, 2); }),
      .error_code =
          Member(*object, "errorCode", [](std::string_view code) { return AreDigits(code, 3); }),
  };
}

}  // namespace obolus::app
