// What Obolus tells Commerce and what Commerce tells us, as facts without transport (contract §3).
// app/cloud_event turns them into bytes and back.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "base/id.h"
#include "domain/session.h"

namespace obolus::domain {

// Outbound. The data of each is read from the session that it leaves behind.
enum class OutboundEvent : std::uint8_t { kCardSessionCreated, kCardSessionFailed, kTdsResult };
std::string_view ToString(
    OutboundEvent event);  // "CardSessionCreated", "CardSessionFailed", "TDSResult"

std::optional<OutboundEvent> ParseOutboundEvent(std::string_view text);

// Inbound.
struct CompleteTdsSession {
  base::Uuid tds_terminal_id;
  bool success = false;
};
struct SessionVoided {};
struct StateChanged {
  CommerceState state = CommerceState::kAccepted;
};
struct UnknownEvent {};
using InboundEvent = std::variant<CompleteTdsSession, SessionVoided, StateChanged, UnknownEvent>;

}  // namespace obolus::domain
