// The documents of the card frame and of the hosted checkout (contract §4.2); their scripts are
// file_routes'. Shopper listener only.
#pragma once

#include "app/services.h"
#include "http/router.h"

namespace obolus::http {

void AddPageRoutes(Router& router, const app::Services& services);

}  // namespace obolus::http
