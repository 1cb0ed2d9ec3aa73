#include "main/shopper_config.h"

namespace obolus::main {

void ReadShopperLimits(ConfigValues& values, Config& config) {
  config.shopper_max_requests = values.Integer("shopper.max_requests", 1, 1'000'000);
  config.max_connections = values.Integer("shopper.max_connections", 1, 1'000'000);
  config.shopper_http2 = values.Boolean("shopper.http2");
  config.max_connections_per_address =
      values.Integer("shopper.max_connections_per_address", 1, 1'000'000);
  config.max_handshakes = values.Integer("shopper.max_handshakes", 1, 1'000'000);
}

}  // namespace obolus::main
