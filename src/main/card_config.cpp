#include "main/card_config.h"

#include <fstream>
#include <sstream>

namespace obolus::main {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{16} << 20;

constexpr char kFile[] = "cards.co_badges_file";

void ReadFile(ConfigValues& values, Config& config) {
  const std::string& path = config.cards.co_badges_file;
  if (path.empty()) return;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return values.Fault(kFile, path + " cannot be read, or is empty");
  }
  if (text.view().size() > kMaxFileBytes) return values.Fault(kFile, path + " is above 16 MiB");
  auto rows = domain::ParseCoBadges(text.view());
  if (rows) {
    config.cards.co_badges = std::move(*rows);
    return;
  }
  for (const auto& field : rows.error().fields) {
    values.Fault(kFile, path + " " + field.pointer + ": " + field.detail);
  }
}

}  // namespace

void ReadCards(ConfigValues& values, Config& config) {
  config.cards.co_badges_file = values.Text(kFile);
  ReadFile(values, config);
  for (const std::string& name : values.Texts("cards.preferred_networks")) {
    if (const auto network = domain::ParseSessionNetwork(name)) {
      config.cards.preferred_networks.push_back(*network);
    } else {
      values.Fault("cards.preferred_networks",
                   name + " is not a network that is supported, such as cartesbancaires");
    }
  }
}

}  // namespace obolus::main
