// The steps of the reload that concern TLS: listeners, the client certificates to the event bridge
// and to Guardian. A step reads every file of its own again and takes all of them or none. Called
// once by main/wiring, before the reload starts.
#pragma once

#include "eventing/http_event_bridge.h"
#include "main/certificates.h"
#include "main/reload.h"
#include "net/http_server.h"
#include "vault/guardian_vault.h"

namespace obolus::main {

struct Renewables {
  net::HttpServer& commerce;
  net::HttpServer& shopper;
  eventing::HttpEventBridge& bridge;
  vault::GuardianVault* guardian;  // null where there is none
  Certificates& certificates;
  const base::Clock& clock;
};

// `config` and what `renewables` refers to outlive the reload.
void AddTlsSteps(Reload& reload, const Config& config, const Renewables& renewables);

}  // namespace obolus::main
