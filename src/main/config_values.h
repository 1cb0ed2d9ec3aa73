// The values behind main/config: TOML tables laid over one another, each key known and typed by
// config/default.toml. The only file that includes toml++.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/result.h"

namespace obolus::main {

class ConfigValues {
 public:
  // `defaults` is TOML text that gives every key its type (CHECK that it parses).
  explicit ConfigValues(std::string_view defaults);
  ~ConfigValues();

  // Faults are collected, not returned; see faults().
  void AddFile(const std::string& path);
  void AddText(std::string_view toml, const std::string& name);
  // Text from outside, read as the type that the key has: a list is separated by commas.
  void AddSetting(std::string_view key, const std::string& value, const std::string& origin);

  // The dotted key of an environment variable, whatever its case: "OBOLUS_COMMERCE__PORT" ->
  // "commerce.port".
  static std::optional<std::string> KeyOfVariable(std::string_view variable);

  std::string Text(std::string_view key) const;
  std::int64_t Integer(std::string_view key, std::int64_t min, std::int64_t max);
  bool Boolean(std::string_view key) const;
  std::vector<std::string> Texts(std::string_view key);
  std::vector<std::int64_t> Integers(std::string_view key, std::int64_t min, std::int64_t max);
  std::map<std::string, std::string> Table(std::string_view key) const;
  // Of a list of tables ([[key]]), each member as text: "true", and lists joined by commas. Members
  // other than `known` are faults. A text instead of a table is its first member.
  std::vector<std::map<std::string, std::string>> Tables(std::string_view key,
                                                         const std::vector<std::string>& known);

  // Of all keys and values, whatever their source.
  base::Sha256Digest Digest() const;

  void Fault(std::string_view key, std::string detail);
  std::vector<base::FieldError>& faults() { return faults_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::vector<base::FieldError> faults_;
};

}  // namespace obolus::main
