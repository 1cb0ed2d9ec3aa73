#include "domain/timeline.h"

#include <array>

#include "base/trace.h"

namespace obolus::domain {
namespace {

constexpr std::array<std::string_view, 5> kSides = {"commerce", "shopper", "processor", "operator",
                                                    "obolus"};

}  // namespace

std::string_view ToString(Side side) {
  return kSides[static_cast<std::size_t>(side)];
}

std::optional<Side> ParseSide(std::string_view text) {
  for (std::size_t i = 0; i < kSides.size(); ++i) {
    if (kSides[i] == text) return static_cast<Side>(i);
  }
  return std::nullopt;
}

TimelineEntry OpeningOf(const Session& session) {
  TimelineEntry entry;
  entry.session_id = session.id;
  entry.at = session.created_at;
  entry.cause = {Side::kCommerce, base::TraceIdOf(session.traceparent), session.request_id};
  entry.what = "open";
  return entry;
}

}  // namespace obolus::domain
