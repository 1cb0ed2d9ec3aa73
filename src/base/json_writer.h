// JSON text written member by member, for the few objects that are made with each request: building
// a tree of values first (base/json) takes four times as long. Compact (RFC 8259); text must be
// UTF-8 and is written as it is. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace obolus::base {

// One object, from its opening brace (constructor) to its closing one (destructor), appended to
// `out`. An object within: Name, then another JsonObject on out(), which ends before the next
// member.
class JsonObject {
 public:
  explicit JsonObject(std::string* out) : out_(out) { out_->push_back('{'); }
  ~JsonObject() { out_->push_back('}'); }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  void Name(std::string_view name);
  void Add(std::string_view name, std::string_view text);
  void Add(std::string_view name, std::int64_t number);
  void Add(std::string_view name, Timestamp time) { Add(name, ToMillis(time)); }
  void AddBool(std::string_view name, bool flag);
  template <class T>
  void Add(std::string_view name, const std::optional<T>& optional) {
    if (optional) Add(name, *optional);
  }
  // Left out when empty, as are those below.
  void AddText(std::string_view name, std::string_view text) {
    if (!text.empty()) Add(name, text);
  }
  template <class Range, class Projection>
  void AddTexts(std::string_view name, const Range& range, Projection text_of) {
    if (range.empty()) return;
    Name(name);
    char separator = '[';
    for (const auto& item : range) {
      out_->push_back(separator);
      Quote(text_of(item));
      separator = ',';
    }
    out_->push_back(']');
  }
  std::string* out() { return out_; }

 private:
  void Quote(std::string_view text);

  std::string* out_;
  bool first_ = true;
};

}  // namespace obolus::base
