#include "domain/event.h"

namespace obolus::domain {

std::string_view ToString(OutboundEvent event) {
  switch (event) {
    case OutboundEvent::kCardSessionCreated:
      return "CardSessionCreated";
    case OutboundEvent::kCardSessionFailed:
      return "CardSessionFailed";
    case OutboundEvent::kTdsResult:
      return "TDSResult";
  }
  return "";
}

std::optional<OutboundEvent> ParseOutboundEvent(std::string_view text) {
  for (auto event : {OutboundEvent::kCardSessionCreated, OutboundEvent::kCardSessionFailed,
                     OutboundEvent::kTdsResult}) {
    if (text == ToString(event)) return event;
  }
  return std::nullopt;
}

}  // namespace obolus::domain
