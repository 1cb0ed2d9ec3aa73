#include "fuzz/targets.h"

#include <algorithm>
#include <array>

namespace obolus::fuzz {
namespace {

constexpr std::array<Target, 26> kTargets = {{
    {"json", FuzzJson},
    {"jwe", FuzzJwe},
    {"jwe_round_trip", FuzzJweRoundTrip},
    {"url", FuzzUrl},
    {"text", FuzzText},
    {"http_request", FuzzHttpRequest},
    {"http2", FuzzHttp2},
    {"session_request", FuzzSessionRequest},
    {"cloud_events", FuzzCloudEvents},
    {"challenge_return", FuzzChallengeReturn},
    {"csp_reports", FuzzCspReports},
    {"router", FuzzRouter},
    {"negotiation", FuzzNegotiation},
    {"card_entry", FuzzCardEntry},
    {"emv_message", FuzzEmvMessage},
    {"co_badges", FuzzCoBadges},
    {"guardian", FuzzGuardian},
    {"session_document", FuzzSessionDocument},
    {"timeline_document", FuzzTimelineDocument},
    {"key_file", FuzzKeyFile},
    {"config", FuzzConfig},
    {"audit_line", FuzzAuditLine},
    {"page", FuzzPage},
    {"terminal_text", FuzzTerminalText},
    {"client_address", FuzzClientAddress},
    {"work_proof", FuzzWorkProof},
}};

}  // namespace

std::span<const Target> Targets() {
  return kTargets;
}

const Target* FindTarget(std::string_view name) {
  const auto found = std::ranges::find(kTargets, name, &Target::name);
  return found == kTargets.end() ? nullptr : &*found;
}

}  // namespace obolus::fuzz
