// The parsers that strangers' bytes reach, one fuzz target each: a function that takes any bytes
// and ends the process (CHECK) when the parser breaks a promise of its header: limits, errors that
// name a member, what is printed reads back as it was. Run by libFuzzer in the preset asan
// (tests/fuzz/libfuzzer.cpp, `make fuzz`) and over the corpus and small changes of it in every
// preset (tests/fuzz/replay.cpp, in ./test). One thread.
#pragma once

#include <span>
#include <string_view>

namespace obolus::fuzz {

struct Target {
  std::string_view name;  // also of its folder in tests/fuzz/corpus/
  void (*run)(std::string_view bytes);
};

std::span<const Target> Targets();
// nullptr: there is none of that name.
const Target* FindTarget(std::string_view name);

// base_targets.cpp
void FuzzJson(std::string_view bytes);
void FuzzJwe(std::string_view bytes);
void FuzzJweRoundTrip(std::string_view bytes);
void FuzzUrl(std::string_view bytes);
void FuzzText(std::string_view bytes);
// net_targets.cpp
void FuzzHttpRequest(std::string_view bytes);
// http2_targets.cpp
void FuzzHttp2(std::string_view bytes);
// http_targets.cpp
void FuzzSessionRequest(std::string_view bytes);
void FuzzCloudEvents(std::string_view bytes);
void FuzzChallengeReturn(std::string_view bytes);
void FuzzCspReports(std::string_view bytes);
void FuzzRouter(std::string_view bytes);
void FuzzNegotiation(std::string_view bytes);
// client_targets.cpp
void FuzzClientAddress(std::string_view bytes);
void FuzzWorkProof(std::string_view bytes);
// card_targets.cpp
void FuzzCardEntry(std::string_view bytes);
void FuzzEmvMessage(std::string_view bytes);
void FuzzCoBadges(std::string_view bytes);
void FuzzGuardian(std::string_view bytes);
// stored_targets.cpp
void FuzzSessionDocument(std::string_view bytes);
void FuzzTimelineDocument(std::string_view bytes);
void FuzzKeyFile(std::string_view bytes);
void FuzzConfig(std::string_view bytes);
// audit_targets.cpp
void FuzzAuditLine(std::string_view bytes);
// page_targets.cpp
void FuzzPage(std::string_view bytes);
void FuzzTerminalText(std::string_view bytes);

}  // namespace obolus::fuzz
