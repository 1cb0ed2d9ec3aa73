// Sends cards of the embedded vault to the destinations that the configuration names (contract §5).
// Each destination has connections of its own, with its own CA and client certificate; it is
// reached directly, under its name, at an address that was looked at and leads outside unless the
// configuration says otherwise. Redirects are not followed. What is sent lives in locked memory,
// what comes back is masked before it is kept. Any thread; answers on a destination's thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "app/ports/card_forwarder.h"
#include "base/metrics.h"
#include "net/http_client.h"
#include "vault/embedded_vault.h"

namespace obolus::vault {

struct ForwardDestination {
  std::string origin{};           // "https://api.processor.example"
  std::string path_prefix = "/";  // "/v1/": whole segments
  std::vector<std::string> methods = {"POST"};
  net::ClientTls tls{};
  bool internal = false;               // may be at an address that is not on the Internet
  std::vector<std::string> resolve{};  // net::ClientOptions::resolve
};

struct ForwarderOptions {
  std::vector<ForwardDestination> destinations{};
  std::vector<std::string> response_headers{};  // handed on, beside Content-Type; lower case
  base::Millis timeout{15'000};                 // of one call
  std::size_t max_response_bytes = std::size_t{1} << 20U;
  std::size_t most_at_once = 256;
};

class CardForwarder final : public app::CardForwarder {
 public:
  // kInvalid: a TLS file that cannot be read. The others outlive it.
  static base::Result<std::unique_ptr<CardForwarder>> Make(ForwarderOptions options,
                                                           const EmbeddedVault& vault,
                                                           base::Metrics& metrics);
  ~CardForwarder() override;

  base::Result<std::unique_ptr<Prepared>> Prepare(app::ForwardCall call) const override;
  void Send(std::unique_ptr<Prepared> call, app::SealedCard card,
            std::optional<base::SecretBytes> code, base::Done<app::ForwardOutcome> done) override;

  // What is under way ends. Call it when nobody asks any more.
  void Close() { clients_.clear(); }

 private:
  struct Call;
  struct Exchange;
  struct Counters;

  CardForwarder(ForwarderOptions options, const EmbeddedVault& vault, base::Metrics& metrics);
  base::Result<std::size_t> FindDestination(const std::string& method,
                                            const std::string& url) const;
  app::ForwardOutcome Read(Exchange& exchange, base::Result<net::HttpResponse> response) const;

  const ForwarderOptions options_;
  const EmbeddedVault& vault_;
  std::unique_ptr<Counters> counters_;
  std::atomic<std::size_t> under_way_ = 0;
  std::vector<std::unique_ptr<net::HttpClient>> clients_;  // of each destination
};

}  // namespace obolus::vault
