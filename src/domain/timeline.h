// What happened to a session, in order: each change of its state, and what changed nothing but an
// operator or an auditor will ask about (a second, contrary outcome; a return that came twice).
// Entries are only ever added, in the commit of what they tell of, and hold no secrets: ids of
// events and few words. How the session opened is read from the session itself, and how its events
// fared from the outbox, so neither costs a row. Pure values; app/commit_decision writes them,
// app/inspect reads them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/event.h"
#include "domain/session.h"

namespace obolus::domain {

// From where it came.
enum class Side : std::uint8_t {
  kCommerce,   // its requests and events
  kShopper,    // the browser, also when the issuer sent it
  kProcessor,  // a challenge that came by its own route
  kOperator,
  kObolus,  // the clock and the vault
};
std::string_view ToString(Side side);  // "commerce", …
std::optional<Side> ParseSide(std::string_view text);

// Who caused it, and where else there is word of it: W3C trace id (32 hex digits) and X-Request-Id;
// both empty when nobody asked.
struct Cause {
  Side side = Side::kObolus;
  std::string trace_id{};
  std::string request_id{};
  bool operator==(const Cause&) const = default;
};

// Names and values for people: no secrets, no card data, nothing that a browser sent unchecked.
using Details = std::vector<std::pair<std::string, std::string>>;
inline constexpr std::size_t kLongestDetail = 256;  // bytes of a value; what is longer is cut

struct TimelineEntry {
  Uuid session_id;
  Timestamp at;
  Cause cause;
  std::string what;  // ToString(Trigger) of a change, else a word of its own: "conflict"
  SessionState from = SessionState::kOpen;  // the same as `to` where nothing changed
  SessionState to = SessionState::kOpen;
  std::optional<OutboundEvent> event;  // committed with it
  bool changed = false;                // it is a row of the transition table
  Details details;

  bool operator==(const TimelineEntry&) const = default;
};

// The first of every timeline: how the session opened, from the session.
TimelineEntry OpeningOf(const Session& session);

}  // namespace obolus::domain
