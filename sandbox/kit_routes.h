// What `obolus-sandbox trigger`, `replay` and the scenarios need of a running sandbox, beside the
// control API: where everything is, payments without a key of one's own, any request to Obolus in
// Commerce's name, and an event of the journal once more with the same bytes. Under /control, so on
// loopback only and with JSON bodies. Runs on engine threads.
#pragma once

#include <filesystem>
#include <string>

#include "sandbox/commerce.h"
#include "sandbox/journal.h"
#include "sandbox/obolus_link.h"
#include "sandbox/payments_api.h"
#include "sandbox/routes.h"

namespace obolus::sandbox {

// What GET /control/about tells.
struct Whereabouts {
  std::string shop_url;
  std::string shopper_url;   // Obolus's
  std::string operator_url;  // Obolus's
  std::filesystem::path certificates;
};

class KitRoutes {
 public:
  KitRoutes(Commerce& commerce, PaymentsApi& payments, Journal& journal, ObolusLink& link,
            std::string payments_key, Whereabouts whereabouts)
      : commerce_(commerce),
        payments_(payments),
        journal_(journal),
        link_(link),
        payments_key_(std::move(payments_key)),
        whereabouts_(std::move(whereabouts)) {}

  void AddRoutes(Routes& routes);

 private:
  void Create(RouteCall call);
  void SendRequest(RouteCall call);
  void Replay(RouteCall call);
  void SendOnce(ObolusCall request, net::Responder responder);

  Commerce& commerce_;
  PaymentsApi& payments_;
  Journal& journal_;
  ObolusLink& link_;
  const std::string payments_key_;
  const Whereabouts whereabouts_;
};

}  // namespace obolus::sandbox
