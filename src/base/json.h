// JSON in and out. `ParseJson` turns untrusted bytes into a Boost.JSON value under limits on size
// and depth (of a repeated member the last counts); `JsonReader` reads members of an object with
// types checked, and collects every fault with its JSON pointer, so that one answer names all that
// is wrong. Any thread.
#pragma once

#include <array>
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace obolus::base {

namespace json = boost::json;

struct JsonLimits {
  std::size_t max_bytes = std::size_t{64} * 1024;
  std::size_t max_depth = 16;
};

// Errors, in order: kTooLarge, kMalformed (with the byte offset, or a number that no double holds).
// The value's memory comes from `memory`, which outlives it; the default is the heap.
Result<json::value> ParseJson(std::string_view text, JsonLimits limits = {},
                              json::storage_ptr memory = {});

// Memory for a value that lives as long as this and is freed with it, at once: a request's body.
class JsonMemory {
 public:
  json::storage_ptr get() { return &resource_; }

 private:
  std::array<unsigned char, 4096> first_;  // more comes from the heap
  json::monotonic_resource resource_{first_.data(), first_.size()};
};

// Compact text (RFC 8259), UTF-8.
std::string ToText(const json::value& value);

// Follows a JSON pointer (RFC 6901); nullptr when a step is missing.
const json::value* FindPointer(const json::value& root, std::string_view pointer);

// The string at `pointer`, or nothing when it is missing or not a string.
std::optional<std::string> FindString(const json::value& root, std::string_view pointer);

// Reads members of one object. A missing or null member reads as absent; a wrong type is a fault.
class JsonReader {
 public:
  // `prefix` is the pointer of `object` in its document, "" for the root.
  JsonReader(const json::object& object, std::string prefix, std::vector<FieldError>* faults)
      : object_(object), prefix_(std::move(prefix)), faults_(faults) {}

  const json::value* Find(std::string_view member) const;  // nullptr when missing or null
  std::optional<std::string> String(std::string_view member, std::size_t max_bytes = 256);
  std::optional<std::int64_t> Integer(std::string_view member, std::int64_t min, std::int64_t max);
  std::optional<bool> Boolean(std::string_view member);
  const json::object* Object(std::string_view member);
  const json::array* Array(std::string_view member, std::size_t max_items = 64);

  std::string Pointer(std::string_view member) const;
  void Fault(std::string_view member, std::string detail);

 private:
  const json::object& object_;
  std::string prefix_;
  std::vector<FieldError>* faults_;
};

// kInvalid carrying `faults`; `faults` must not be empty (CHECK).
std::unexpected<Error> InvalidMembers(std::vector<FieldError> faults);

}  // namespace obolus::base
