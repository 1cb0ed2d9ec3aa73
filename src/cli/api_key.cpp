#include "cli/api_key.h"

#include <array>

#include "base/crypto.h"

namespace obolus::cli {

ApiKey CreateApiKey() {
  std::array<std::uint8_t, 32> random{};
  base::FillRandom(random);
  ApiKey made{"obk_" + base::EncodeBase64Url(random), ""};
  made.digest = base::EncodeHex(base::Sha256(base::AsBytes(made.key)));
  return made;
}

}  // namespace obolus::cli
