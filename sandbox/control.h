// The control API under /control, for tests and the shop's live view: scripts for the bridge and
// the ACS, voiding, sending any event to Obolus, the journal, the report and a reset. Serves
// loopback only and wants JSON bodies, which a foreign page cannot post without asking. Runs on
// engine threads.
#pragma once

#include <functional>
#include <string>

#include "base/id.h"
#include "sandbox/acs.h"
#include "sandbox/bridge.h"
#include "sandbox/commerce.h"
#include "sandbox/guardian.h"
#include "sandbox/journal.h"
#include "sandbox/payments_api.h"
#include "sandbox/routes.h"

namespace obolus::sandbox {

struct ControlParts {
  Commerce& commerce;
  PaymentsApi& payments;
  Bridge& bridge;
  Guardian& guardian;
  Acs& acs;
  Processor& processor;
  EventRegister& events;
  OutboundEvents& outbound;
  Journal& journal;
  ObolusLink& link;
  base::IdSource& ids;
  const base::Clock& clock;
  std::string source;  // of events, unless the caller names one
};

class Control {
 public:
  explicit Control(ControlParts parts) : parts_(std::move(parts)) {}

  void AddRoutes(Routes& routes);
  base::json::object Report() const;

 private:
  void AddScripts(Routes& routes);
  void AddViews(Routes& routes);
  void SendEvent(RouteCall call);
  void Stream(RouteCall call);
  void Reset();

  ControlParts parts_;
};

}  // namespace obolus::sandbox
