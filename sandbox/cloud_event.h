// CloudEvents 1.0 in HTTP binary mode, as Commerce's event bridge speaks them. `ReadEvent` is the
// strict reader: it takes a request only when every attribute and every member of `data` is what
// the contract (§3.1) says, no more and no less, and nothing in it could be a card number.
// `WriteEvent` makes the events that Commerce sends. Pure; used by Bridge and OutboundEvents from
// any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "net/http_message.h"

namespace obolus::sandbox {

// An event that Obolus sent, checked.
struct IncomingEvent {
  std::string id;      // UUID, lower case
  std::string source;  // absolute URI
  std::string type;    // CardSessionCreated, CardSessionFailed or TDSResult
  base::Timestamp time;
  std::string terminal_id;  // what the event is about: terminal_id, or tds_terminal_id of TDSResult
  base::json::object data;
};

// kUnsupportedMediaType: not application/json. kInvalid, with the header or the JSON pointer and
// the reason: an attribute that is missing, twice or ill-formed; an unknown type; a member that is
// missing, unknown or ill-formed; something that looks like a PAN. kMalformed: the body is not
// JSON.
base::Result<IncomingEvent> ReadEvent(const net::HttpRequest& request);

// 13 to 19 digits that pass the Luhn check (ISO/IEC 7812-1), alone in a text or as a run of digits
// in it; UUIDs are left out. The JSON pointer of the first such member, if any.
std::optional<std::string> FindPanLikeMember(const base::json::value& value);

struct OutgoingEvent {
  std::string id;
  std::string type;
  std::string source;
  std::string time;     // RFC 3339
  std::string subject;  // the terminal id; empty: none
  std::string traceparent;
  std::string body;  // JSON
};

// Headers of the binary mode, content-type included; the body is `event.body`.
net::Headers WriteEvent(const OutgoingEvent& event);

}  // namespace obolus::sandbox
