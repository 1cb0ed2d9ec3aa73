// Makes one running Obolus out of a configuration: keys, store, vault, relay, sweep, routes and the
// three listeners, and takes it down in the order that loses nothing. The only room that knows
// everybody. Used by `obolus serve`.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "main/config.h"

namespace obolus::main {

class Wiring {
 public:
  // Everything is up when this returns. Errors name what to mend: kUnavailable (a folder, file,
  // database or port), kConflict (another process has the database), kForbidden (the key file can
  // be read by others), kInvalid (keys, certificates, a PostgreSQL that would lose commits),
  // kMalformed (keys, certificates).
  static base::Result<std::unique_ptr<Wiring>> Start(Config config);
  ~Wiring();  // Stop()

  std::uint16_t commerce_port() const;
  std::uint16_t shopper_port() const;
  std::uint16_t operator_port() const;

  // Reads certificates, keys and API keys again, soon (main/reload); for SIGHUP.
  void ReloadFiles();

  // Readiness ends and connections close with their answers; everything is served on.
  void Leave();

  // Graceful: readiness ends, listeners close, requests and deliveries under way finish (at most 15
  // s), the store closes. True when all finished in time.
  bool Stop();

 private:
  struct Parts;
  explicit Wiring(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace obolus::main
