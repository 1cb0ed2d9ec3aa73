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

}  // namespace obolus::domain
