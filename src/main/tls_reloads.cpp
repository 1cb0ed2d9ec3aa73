#include "main/tls_reloads.h"

#include "main/tls_config.h"

namespace obolus::main {
namespace {

// A step whose success also renews what is known of the section's certificates.
void Add(Reload& reload, const Renewables& renewables, Reload::Step step,
         const std::string& section) {
  step.kind = domain::AuditKind::kCertificatesChanged;
  step.run = [renewables, section, run = std::move(step.run)]() -> base::Status {
    base::Status status = run();
    if (status) renewables.certificates.Read(section, renewables.clock.Now());
    return status;
  };
  reload.Add(std::move(step));
}

}  // namespace

void AddTlsSteps(Reload& reload, const Config& config, const Renewables& renewables) {
  const auto add_listener = [&](const char* name, net::HttpServer& server,
                                const ListenerConfig& listener, const http::CallerPolicy* callers) {
    const TlsConfig& tls = listener.tls;
    if (tls.mode == TlsMode::kOff) return;
    Add(reload, renewables,
        {.name = std::string(name) + "_tls",
         .kind = {},
         .stamp =
             [&tls] { return StampOf({tls.certificate, tls.key, tls.client_ca, tls.client_crl}); },
         .run = [&server, &tls, callers] { return server.RenewTls(*ServerTlsOf(tls, callers)); }},
        std::string(name) + ".tls");
  };
  add_listener("commerce", renewables.commerce, config.commerce, &config.callers);
  add_listener("shopper", renewables.shopper, config.shopper, nullptr);
  const auto& bridge = config.bridge;
  if (!bridge.certificate.empty() || !bridge.ca.empty()) {
    Add(reload, renewables,
        {.name = "bridge_tls",
         .kind = {},
         .stamp = [&bridge] { return StampOf({bridge.certificate, bridge.key, bridge.ca}); },
         .run = [&client = renewables.bridge] { return client.RenewTls(); }},
        "bridge");
  }
  const auto& guardian = config.guardian;
  if (renewables.guardian != nullptr && (!guardian.certificate.empty() || !guardian.ca.empty())) {
    Add(reload, renewables,
        {.name = "guardian_tls",
         .kind = {},
         .stamp =
             [&guardian] { return StampOf({guardian.certificate, guardian.key, guardian.ca}); },
         .run = [client = renewables.guardian] { return client->RenewTls(); }},
        "vault.guardian");
  }
}

}  // namespace obolus::main
