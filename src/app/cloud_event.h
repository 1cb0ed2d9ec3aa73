// Facts to CloudEvents 1.0 and back (contract §3). Outbound: the event's data, id and time are
// frozen into an outbox row, so every attempt sends the same bytes. Inbound: what a CloudEvent of
// Commerce means, and which ids it may be about. The HTTP modes (binary, structured, batched) are
// http/event_routes' business. Pure but for ids.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/ports/store.h"
#include "app/services.h"
#include "base/json.h"
#include "domain/event.h"
#include "domain/timeline.h"

namespace obolus::app {

// Called inside a store transaction. `session` is the one that the event leaves behind.
OutboxEvent FreezeEvent(domain::OutboundEvent event, const domain::Session& session,
                        const Services& services, Timestamp now);

// A CloudEvent that came in, its attributes already checked for form.
struct CloudEvent {
  std::string source;
  std::string id;
  std::string type;
  std::optional<std::string> subject;
  base::json::value data;  // null when there was none
  domain::Cause cause{.side = domain::Side::kCommerce};
};

struct Interpreted {
  domain::InboundEvent event;
  std::vector<Uuid> subjects;              // without repetition, the strongest first
  std::optional<std::string> session_key;  // from data, when it names one
};

// kInvalid, naming "/data/…": a known type whose required member is missing or wrong.
Result<Interpreted> Interpret(const CloudEvent& event);

}  // namespace obolus::app
