// The whole sandbox in one object: reads flows, connects the parts, listens on two ports (shop,
// payments API, ACS and control on one; the event bridge on the other; Guardian, when it is
// wanted, on a third) and ends cleanly. Owned by
// main and by tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "sandbox/commerce.h"

namespace obolus::sandbox {

struct ServerOptions {
  std::uint16_t port = 8400;                   // 0: any free one
  std::uint16_t bridge_port = 8401;            // 0: any free one
  std::optional<std::uint16_t> guardian_port;  // none: no Guardian; 0: any free one
  std::string guardian_key;                    // that Guardian takes; empty: the same as api_key
  std::string commerce_url = "https://localhost:8443";
  std::string shopper_url = "http://localhost:8444";
  std::string operator_url = "http://127.0.0.1:8445";
  std::string api_key;       // for Obolus's commerce listener
  std::string payments_key;  // that the payments API takes; empty: the same as api_key
  std::filesystem::path certificates;
  std::filesystem::path flows;  // empty: those compiled in
  bool tls = false;             // for the shop's listener
  bool charge = false;          // cards are had by Obolus's forward call
  // Where browsers find the bank: another site than the shop's, as a bank is.
  std::string acs_host = "localhost";
};

// The flows compiled in or, when `folder` is not empty, those of its *.json files. kInvalid and
// kMalformed name the file; kNotFound: no such folder, or no flow in it.
base::Result<FlowBook> ReadFlows(const std::filesystem::path& folder);

class Server {
 public:
  // Listens. Errors: those of ReadFlows, kInvalid (a URL or certificate), kUnavailable (a port is
  // taken).
  static base::Result<std::unique_ptr<Server>> Start(const ServerOptions& options);
  ~Server();  // stops

  // "http://127.0.0.1:8400/" and "https://localhost:8401/events".
  std::string url() const;
  std::string bridge_url() const;
  // "https://localhost:8402", or "" without one.
  std::string guardian_url() const;

  void Stop();  // again is harmless

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace obolus::sandbox
