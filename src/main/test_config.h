// What tests of the configuration share: the least that a configuration needs, loading it with
// more, and the keys at fault. Tests only.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "main/config.h"
#include "net/test_folder.h"

namespace obolus::main {

using Settings = std::vector<std::string>;

inline const std::string kDigest(64, 'a');

inline const Settings kLeast = {"commerce.tls.mode=off",
                                "commerce.require=api_key",
                                "commerce.api_keys=" + kDigest,
                                "shopper.tls.mode=off",
                                "bridge.url=https://bridge.example/events",
                                "bridge.source=urn:obolus:test"};

inline base::Result<Config> Load(const Settings& more,
                                 std::map<std::string, std::string> environment = {},
                                 const std::string& file = "") {
  Settings settings = file.empty() ? kLeast : Settings{};
  settings.insert(settings.end(), more.begin(), more.end());
  return LoadConfig(
      {.file = file, .environment = std::move(environment), .settings = std::move(settings)});
}

inline Settings With(Settings settings, std::string more) {
  settings.push_back(std::move(more));
  return settings;
}

inline std::vector<std::string> FaultsOf(const base::Result<Config>& config) {
  std::vector<std::string> keys;
  if (config) return keys;
  EXPECT_EQ(config.error().code, base::ErrorCode::kInvalid);
  for (const auto& field : config.error().fields) {
    EXPECT_FALSE(field.detail.empty()) << field.pointer;
    keys.push_back(field.pointer);
  }
  return keys;
}
using Faults = std::vector<std::string>;

// The keys of config/default.toml, as it is written: a section or a key at the start of a line.
inline std::set<std::string> DefaultKeys() {
  std::set<std::string> keys;
  std::string section;
  std::istringstream lines{std::string(DefaultConfig())};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) {
      section = line.substr(1, line.find(']') - 1) + ".";
    } else if (const auto equals = line.find(" = ");
               equals != std::string::npos && !line.starts_with('#')) {
      keys.insert(section + line.substr(0, equals));
    }
  }
  return keys;
}

class ConfigTest : public ::testing::Test {
 private:
  net::TestFolder folder_;  // before the files in it

 protected:
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_.path() / name;
    std::ofstream(path) << text;
    return path;
  }
  const std::string one_ = Write("one.pem", "1");
  const std::string other_ = Write("other.pem", "2");
};

}  // namespace obolus::main
