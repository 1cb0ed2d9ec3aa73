#include "main/config_values.h"

#include <stdexcept>

// What toml++ asserts, some broken files break ("[" and a line end): that is no bug of ours, and
// must not end the process before anybody is told what is wrong with the file.
template <class T>
static void DemandToml(const T& holds) {
  if (!static_cast<bool>(holds)) throw std::runtime_error("is not TOML");
}
#define TOML_ASSERT DemandToml
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "base/check.h"

namespace obolus::main {
namespace {

// Tables whose keys are the operator's own: any key, text values.
bool IsOpenTable(std::string_view key) {
  return key == "commerce.members";
}

std::string Join(std::string_view prefix, std::string_view key) {
  return prefix.empty() ? std::string(key) : std::string(prefix) + "." + std::string(key);
}

const char* TypeName(const toml::node& node) {
  if (node.is_string()) return "a text in quotes";
  if (node.is_integer()) return "an integer";
  if (node.is_boolean()) return "true or false";
  if (node.is_array()) return "a list";
  return "a table";
}

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    const std::size_t first = item.find_first_not_of(' ');
    const std::size_t last = item.find_last_not_of(' ');
    if (first != std::string_view::npos) items.emplace_back(item.substr(first, last - first + 1));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
  }
  return items;
}

}  // namespace

struct ConfigValues::Impl {
  toml::table values;

  toml::node* Find(std::string_view key) { return values.at_path(key).node(); }

  // The table that holds `key`, and the key's last part.
  std::pair<toml::table*, std::string> Place(std::string_view key) {
    const std::size_t dot = key.rfind('.');
    if (dot == std::string_view::npos) return {&values, std::string(key)};
    toml::node* parent = Find(key.substr(0, dot));
    return {parent != nullptr ? parent->as_table() : nullptr, std::string(key.substr(dot + 1))};
  }
};

namespace {

// Lays `layer` over `values`; what `values` does not know, or knows with another type, is a fault.
void Merge(toml::table& values, const toml::table& layer, const std::string& prefix,
           std::vector<base::FieldError>& faults) {
  for (const auto& [name, node] : layer) {
    const std::string key = Join(prefix, name.str());
    toml::node* known = values.get(name.str());
    if (known == nullptr && !IsOpenTable(prefix)) {
      faults.push_back({key, "is not a setting; config/default.toml lists them all"});
    } else if (known == nullptr || IsOpenTable(prefix)) {
      if (node.is_string()) {
        values.insert_or_assign(name.str(), *node.as_string());
      } else {
        faults.push_back({key, "must be a text in quotes"});
      }
    } else if (known->type() != node.type()) {
      faults.push_back({key, std::string("must be ") + TypeName(*known)});
    } else if (const toml::table* table = node.as_table()) {
      Merge(*known->as_table(), *table, key, faults);
    } else {
      node.visit([&](const auto& value) { values.insert_or_assign(name.str(), value); });
    }
  }
}

}  // namespace

ConfigValues::ConfigValues(std::string_view defaults) : impl_(std::make_unique<Impl>()) {
  try {
    impl_->values = toml::parse(defaults);
  } catch (const toml::parse_error&) {
    CHECK(false && "the compiled-in defaults must parse");
  }
}

ConfigValues::~ConfigValues() = default;

void ConfigValues::AddFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Fault("", path + " cannot be read");
  std::stringstream text;
  text << file.rdbuf();
  AddText(text.str(), path);
}

void ConfigValues::AddText(std::string_view text, const std::string& name) {
  try {
    Merge(impl_->values, toml::parse(text), "", faults_);
  } catch (const toml::parse_error& error) {
    Fault("", name + ":" + std::to_string(error.source().begin.line) + ": " +
                  std::string(error.description()));
  } catch (const std::runtime_error& error) {
    Fault("", name + " " + error.what());
  }
}

void ConfigValues::AddSetting(std::string_view key, const std::string& value,
                              const std::string& origin) {
  const auto [table, name] = impl_->Place(key);
  toml::node* known = impl_->Find(key);
  const std::size_t dot = key.rfind('.');
  const bool open = dot != std::string_view::npos && IsOpenTable(key.substr(0, dot));
  if (table == nullptr || (known == nullptr && !open) || (known != nullptr && known->is_table())) {
    return Fault(key, "is not a setting; it came from " + origin);
  }
  if (known == nullptr || known->is_string()) {
    table->insert_or_assign(name, value);
  } else if (known->is_boolean()) {
    if (value != "true" && value != "false") return Fault(key, "must be true or false");
    table->insert_or_assign(name, value == "true");
  } else if (known->is_integer()) {
    const auto number = ParseInteger(value);
    if (!number) return Fault(key, "must be an integer");
    table->insert_or_assign(name, *number);
  } else {
    toml::array items;
    const bool integers = !known->as_array()->empty() && known->as_array()->front().is_integer();
    for (const std::string& item : SplitList(value)) {
      const auto number = ParseInteger(item);
      if (integers && !number) return Fault(key, "must be integers, separated by commas");
      if (integers) {
        items.push_back(*number);
      } else {
        items.push_back(item);
      }
    }
    table->insert_or_assign(name, std::move(items));
  }
}

std::optional<std::string> ConfigValues::KeyOfVariable(std::string_view variable) {
  constexpr std::string_view kPrefix = "OBOLUS_";
  if (!variable.starts_with(kPrefix)) return std::nullopt;
  std::string key;
  const std::string_view rest = variable.substr(kPrefix.size());
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest.substr(i).starts_with("__")) {
      key.push_back('.');
      ++i;
    } else {
      key.push_back(rest[i] >= 'A' && rest[i] <= 'Z' ? static_cast<char>(rest[i] | 0x20) : rest[i]);
    }
  }
  return key;
}

std::string ConfigValues::Text(std::string_view key) const {
  return impl_->values.at_path(key).value_or(std::string());
}

std::int64_t ConfigValues::Integer(std::string_view key, std::int64_t min, std::int64_t max) {
  const auto value = impl_->values.at_path(key).value_or(std::int64_t{0});
  if (value < min || value > max) {
    Fault(key, "must be from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return value;
}

bool ConfigValues::Boolean(std::string_view key) const {
  return impl_->values.at_path(key).value_or(false);
}

std::vector<std::string> ConfigValues::Texts(std::string_view key) {
  std::vector<std::string> texts;
  if (const toml::array* array = impl_->values.at_path(key).as_array()) {
    for (const auto& item : *array) {
      const auto text = item.value<std::string>();
      if (!text) {
        Fault(key, "must be texts in quotes");
        break;
      }
      texts.push_back(*text);
    }
  }
  return texts;
}

std::vector<std::int64_t> ConfigValues::Integers(std::string_view key, std::int64_t min,
                                                 std::int64_t max) {
  std::vector<std::int64_t> numbers;
  if (const toml::array* array = impl_->values.at_path(key).as_array()) {
    for (const auto& item : *array) {
      const auto number = item.value<std::int64_t>();
      if (!number || *number < min || *number > max) {
        Fault(key, "must be integers from " + std::to_string(min) + " to " + std::to_string(max));
        break;
      }
      numbers.push_back(*number);
    }
  }
  return numbers;
}

std::map<std::string, std::string> ConfigValues::Table(std::string_view key) const {
  std::map<std::string, std::string> table;
  if (const toml::table* values = impl_->values.at_path(key).as_table()) {
    for (const auto& [name, node] : *values) {
      table.emplace(name.str(), node.value_or(std::string()));
    }
  }
  return table;
}

base::Sha256Digest ConfigValues::Digest() const {
  std::ostringstream text;
  text << impl_->values;
  return base::Sha256(base::AsBytes(text.str()));
}

std::vector<std::map<std::string, std::string>> ConfigValues::Tables(
    std::string_view key, const std::vector<std::string>& known) {
  std::vector<std::map<std::string, std::string>> tables;
  const toml::array* array = impl_->values.at_path(key).as_array();
  if (array == nullptr) return tables;
  for (const auto& item : *array) {
    if (const auto text = item.value<std::string>()) {
      tables.push_back({{known.front(), *text}});
      continue;
    }
    const toml::table* table = item.as_table();
    if (table == nullptr) {
      Fault(key, "must be tables: [[" + std::string(key) + "]]");
      break;
    }
    auto& texts = tables.emplace_back();
    for (const auto& [name, node] : *table) {
      const std::string place = std::string(key) + "[" + std::to_string(tables.size() - 1) + "]." +
                                std::string(name.str());
      if (std::ranges::find(known, name.str()) == known.end()) {
        Fault(place, "is not a setting");
        continue;
      }
      std::string text = node.value_or(std::string());
      if (node.is_boolean()) text = *node.value<bool>() ? "true" : "false";
      if (const toml::array* list = node.as_array()) {
        for (const auto& part : *list) {
          if (!text.empty()) text += ',';
          text += part.value_or(std::string());
        }
      }
      texts.emplace(name.str(), std::move(text));
    }
  }
  return tables;
}

void ConfigValues::Fault(std::string_view key, std::string detail) {
  faults_.push_back({std::string(key), std::move(detail)});
}

}  // namespace obolus::main
