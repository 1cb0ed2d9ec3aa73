#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"

namespace obolus::base {
namespace {

// "1e400" is read as infinity, for which JSON has no text.
bool HasInfinity(const json::value& value) {
  if (value.is_double()) return !std::isfinite(value.get_double());
  if (value.is_array()) return std::ranges::any_of(value.get_array(), HasInfinity);
  return value.is_object() && std::ranges::any_of(value.get_object(), [](const auto& member) {
           return HasInfinity(member.value());
         });
}

}  // namespace

Result<json::value> ParseJson(std::string_view text, JsonLimits limits, json::storage_ptr memory) {
  if (text.size() > limits.max_bytes) {
    return Fail(ErrorCode::kTooLarge,
                fmt::format("the JSON text is longer than {} bytes", limits.max_bytes));
  }
  json::parse_options options;
  options.max_depth = limits.max_depth;
  json::error_code failure;
  std::array<unsigned char, 1024> scratch;  // for what is not complete yet
  json::stream_parser parser({}, options, scratch.data(), scratch.size());
  parser.reset(std::move(memory));
  const std::size_t read = parser.write_some(text, failure);
  if (!failure && read < text.size()) {
    return Fail(ErrorCode::kMalformed,
                fmt::format("unexpected text after the JSON value at byte {}", read));
  }
  if (!failure) parser.finish(failure);
  if (failure) {
    return Fail(ErrorCode::kMalformed,
                fmt::format("not JSON: {} at byte {}", failure.message(), read));
  }
  json::value value = parser.release();
  if (HasInfinity(value)) return Fail(ErrorCode::kMalformed, "a number in the JSON is too large");
  return value;
}

std::string ToText(const json::value& value) {
  return json::serialize(value);
}

const json::value* FindPointer(const json::value& root, std::string_view pointer) {
  json::error_code failure;
  const json::value* found = root.find_pointer(pointer, failure);
  return failure ? nullptr : found;
}

std::optional<std::string> FindString(const json::value& root, std::string_view pointer) {
  const json::value* found = FindPointer(root, pointer);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return std::string(found->get_string());
}

const json::value* JsonReader::Find(std::string_view member) const {
  const json::value* value = object_.if_contains(member);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<std::string> JsonReader::String(std::string_view member, std::size_t max_bytes) {
  const json::value* value = Find(member);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    Fault(member, "must be a string");
    return std::nullopt;
  }
  const json::string& text = value->get_string();
  if (text.empty()) {
    Fault(member, "must not be empty; leave it out or send null");
    return std::nullopt;
  }
  if (text.size() > max_bytes) {
    Fault(member, fmt::format("must be at most {} bytes long", max_bytes));
    return std::nullopt;
  }
  return std::string(text);
}

std::optional<std::int64_t> JsonReader::Integer(std::string_view member, std::int64_t min,
                                                std::int64_t max) {
  const json::value* value = Find(member);
  if (value == nullptr) return std::nullopt;
  json::error_code failure;
  const bool is_number = value->is_int64() || value->is_uint64();
  const auto number = is_number ? value->to_number<std::int64_t>(failure) : 0;
  if (!is_number || failure || number < min || number > max) {
    Fault(member, fmt::format("must be an integer from {} to {}", min, max));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> JsonReader::Boolean(std::string_view member) {
  const json::value* value = Find(member);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) {
    Fault(member, "must be true or false");
    return std::nullopt;
  }
  return value->get_bool();
}

const json::object* JsonReader::Object(std::string_view member) {
  const json::value* value = Find(member);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) {
    Fault(member, "must be an object");
    return nullptr;
  }
  return &value->get_object();
}

const json::array* JsonReader::Array(std::string_view member, std::size_t max_items) {
  const json::value* value = Find(member);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) {
    Fault(member, "must be an array");
    return nullptr;
  }
  if (value->get_array().size() > max_items) {
    Fault(member, fmt::format("must have at most {} items", max_items));
    return nullptr;
  }
  return &value->get_array();
}

std::string JsonReader::Pointer(std::string_view member) const {
  return std::string(prefix_).append("/").append(member);
}

void JsonReader::Fault(std::string_view member, std::string detail) {
  faults_->push_back({Pointer(member), std::move(detail)});
}

std::unexpected<Error> InvalidMembers(std::vector<FieldError> faults) {
  CHECK(!faults.empty());
  std::string message = faults.front().pointer + " " + faults.front().detail;
  return std::unexpected(
      Error{ErrorCode::kInvalid, std::move(message), std::move(faults), std::nullopt});
}

}  // namespace obolus::base
