// Events of Commerce over HTTP (contract §3.2): CloudEvents 1.0 in binary, structured and batched
// mode, and the validation handshake of the CloudEvents webhook specification §4. Commerce listener
// only.
#pragma once

#include <vector>

#include "app/receive_event.h"
#include "http/router.h"

namespace obolus::http {

// The events of one request. Errors, in order: kUnsupportedMediaType, kMalformed (not JSON, a
// required attribute missing or not well-formed; the message names it, as "/0/id" in a batch),
// kTooLarge.
base::Result<std::vector<app::CloudEvent>> ParseCloudEvents(const net::HttpRequest& request);

void AddEventRoutes(Router& router, const app::Services& services, base::Metrics& metrics);

}  // namespace obolus::http
