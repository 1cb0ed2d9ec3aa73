#include "main/keys_config.h"

#include "main/store_config.h"

namespace obolus::main {
namespace {

KeySource SourceOf(const Config& config) {
  if (config.keys.source == "descriptor") return KeySource::kDescriptor;
  return config.keys.source == "pkcs11" ? KeySource::kPkcs11 : KeySource::kFile;
}

}  // namespace

void ReadKeys(ConfigValues& values, Config& config) {
  config.keys = {.source = values.Text("vault.key_source"),
                 .spread_s = values.Integer("vault.key_spread_s", 0, 86'400),
                 .module = values.Text("vault.pkcs11.module"),
                 .token = values.Text("vault.pkcs11.token"),
                 .pin_file = values.Text("vault.pkcs11.pin_file")};
  const auto& keys = config.keys;
  if (keys.source != "file" && keys.source != "descriptor" && keys.source != "pkcs11") {
    values.Fault("vault.key_source", "must be \"file\", \"descriptor\" or \"pkcs11\"");
  }
  if (keys.source != "pkcs11") return;
  for (const auto& [key, value] : {std::pair("vault.pkcs11.module", &keys.module),
                                   std::pair("vault.pkcs11.token", &keys.token),
                                   std::pair("vault.pkcs11.pin_file", &keys.pin_file)}) {
    if (value->empty()) values.Fault(key, "is needed for vault.key_source = \"pkcs11\"");
  }
}

KeyPlace KeyPlaceOf(const Config& config) {
  return {.source = SourceOf(config),
          .token = {.module = config.keys.module,
                    .token = config.keys.token,
                    .pin_file = config.keys.pin_file},
          .file = config.vault.key_file,
          .database = StoreName(config),
          .spread = std::chrono::seconds(config.keys.spread_s)};
}

}  // namespace obolus::main
