// The files of the shopper's browser (contract §4.2), as web/build.mjs made them: the client
// library, the pages' scripts, the card frame's texts, and what says which of them there are. Each
// is served gzipped to who takes that. A hashed address is for ever the same bytes; the hash of
// another version is 404. Shopper listener only.
#pragma once

#include "http/router.h"

namespace obolus::http {

void AddFileRoutes(Router& router);

}  // namespace obolus::http
