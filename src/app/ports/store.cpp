#include "app/ports/store.h"

namespace obolus::app {

std::string_view ToString(EventStatus status) {
  switch (status) {
    case EventStatus::kPending:
      return "pending";
    case EventStatus::kDelivered:
      return "delivered";
    case EventStatus::kParked:
      return "parked";
  }
  return "";
}

}  // namespace obolus::app
