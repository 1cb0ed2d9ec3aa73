// POST /card-sessions/{id}/forward on the commerce listener: a card of the embedded vault is put
// into the caller's template and sent to a destination that the configuration allows; what that
// answers is handed on with card data masked. Whatever the listener asks for, this route wants a
// client certificate. The call's form and its answers: docs/forwarding.md, api/openapi.yaml.
#pragma once

#include <string>
#include <vector>

#include "app/forward_card.h"
#include "http/router.h"

namespace obolus::http {

// All outlive the router. `allowed_names`: CN or SAN of the certificates that may; empty: any.
void AddForwardRoute(Router& router, const app::ForwardServices& with,
                     std::vector<std::string> allowed_names);

// Errors: kMalformed (no JSON object), kInvalid (names the member).
base::Result<app::ForwardCall> ParseForwardCall(std::string_view body);

}  // namespace obolus::http
