// The processor's way to the card itself: when CardSessionCreated tells of a card in Obolus's own
// vault, it asks Obolus to forward it to the processor's charge endpoint (contract §5), and waits
// for that before the payment goes on. The endpoint keeps nothing; the journal shows what arrived,
// masked. A card that could not be had changes nothing but the journal. Engine threads.
#pragma once

#include <functional>
#include <string>

#include "net/http_server.h"
#include "sandbox/cloud_event.h"
#include "sandbox/journal.h"
#include "sandbox/obolus_link.h"

namespace obolus::sandbox {

class Charges {
 public:
  static constexpr char kPath[] = "/charges";

  // `url`: of the endpoint, as Obolus reaches it. `payment_of`: the payment of a terminal id.
  Charges(std::string url, ObolusLink& link, Journal& journal,
          std::function<std::string(const std::string&)> payment_of)
      : url_(std::move(url)), link_(link), journal_(journal), payment_of_(std::move(payment_of)) {}

  // False, and `go_on` is not called: it is no card of Obolus's own vault.
  bool Begin(const IncomingEvent& event, std::move_only_function<void()>& go_on);

  // POST /charges, from Obolus.
  void Handle(const net::HttpRequest& request, net::Responder responder);

 private:
  const std::string url_;
  ObolusLink& link_;
  Journal& journal_;
  const std::function<std::string(const std::string&)> payment_of_;
};

}  // namespace obolus::sandbox
