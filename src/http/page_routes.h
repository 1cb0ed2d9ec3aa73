// Pages and files for the shopper's browser (contract §4.2): the client library, the card frame,
// the hosted checkout and their scripts. Shopper listener only.
#pragma once

#include "app/services.h"
#include "http/router.h"

namespace obolus::http {

void AddPageRoutes(Router& router, const app::Services& services);

}  // namespace obolus::http
