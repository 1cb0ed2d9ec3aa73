// `listen` and `replay`: the journal as a tail, and an event once more. The journal is read by
// number and not over its stream, which holds no more than its last entries for a reader that was
// away: so nothing is left out when the connection breaks, and a sandbox that started anew is told
// by its numbers.
#include <csignal>
#include <cstdio>
#include <ctime>
#include <memory>

#include "sandbox/sandbox_client.h"
#include "sandbox/trigger.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

constexpr long kPauseNs = 200'000'000;
constexpr std::int64_t kPage = 500;

std::string TextAt(const json::value& value, std::string_view pointer) {
  return base::FindString(value, pointer).value_or("");
}

std::int64_t NumberAt(const json::value& value, const char* member) {
  const auto* number = value.as_object().if_contains(member);
  return number ? number->to_number<std::int64_t>() : 0;
}

// "12  13:06:18.123  obolus -> commerce  CardSessionCreated  204 accepted", then the body.
void Print(const KitOptions& kit, const json::value& entry) {
  if (kit.json) {
    std::printf("%s\n", base::ToText(entry).c_str());
  } else {
    const std::string at = TextAt(entry, "/at");
    const auto status = NumberAt(entry, "status");
    std::printf(
        "%6lld  %s  %9s -> %-9s  %s  %s %s\n", static_cast<long long>(NumberAt(entry, "number")),
        at.size() > 23 ? at.substr(11, 12).c_str() : at.c_str(), TextAt(entry, "/from").c_str(),
        TextAt(entry, "/to").c_str(), TextAt(entry, "/title").c_str(),
        status ? std::to_string(status).c_str() : "", TextAt(entry, "/verdict").c_str());
    const std::string body = TextAt(entry, "/body");
    if (!body.empty() && TextAt(entry, "/kind") != "state") {
      std::printf("        %s\n", body.c_str());
    }
  }
  std::fflush(stdout);
}

int Unreachable(const base::Error& error) {
  std::fprintf(stderr, "obolus-sandbox: %s\n", error.message.c_str());
  return error.code == base::ErrorCode::kUnavailable ? kExitUnreachable : kExitWrongUse;
}

// SIGINT and SIGTERM end the pause and the listening; they are blocked from before any thread.
bool PauseUnlessStopped() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  const timespec pause{0, kPauseNs};
  return sigtimedwait(&signals, nullptr, &pause) < 0;
}

void BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

int Listen(const KitOptions& kit, const ListenOptions& options) {
  BlockSignals();
  auto client = SandboxClient::Open(kit.url, kit.certificates);
  if (!client) return Unreachable(client.error());
  std::int64_t after = options.since;
  std::int64_t shown = 0;
  do {
    // -1 is nobody's number: the first look only says which is the newest.
    auto log = (*client)->Get("/control/log?limit=" + std::to_string(kPage) +
                              "&after=" + std::to_string(after < 0 ? INT64_MAX : after) +
                              (options.payment.empty() ? "" : "&payment=" + options.payment));
    if (!log) {
      if (options.once) return Unreachable(log.error());
      continue;
    }
    const auto last = NumberAt(*log, "last");
    if (after < 0) {
      after = options.once ? 0 : last;
      if (options.once) continue;
    }
    if (last < after) after = 0;  // the sandbox began anew
    for (const auto& entry : log->at("entries").as_array()) {
      Print(kit, entry);
      after = NumberAt(entry, "number");
      if (options.limit > 0 && ++shown >= options.limit) return kExitDone;
    }
    if (options.once) return kExitDone;
  } while (PauseUnlessStopped());
  return kExitDone;
}

int Replay(const KitOptions& kit, const std::string& event) {
  auto client = SandboxClient::Open(kit.url, kit.certificates);
  if (!client) return Unreachable(client.error());
  auto found = (*client)->Get("/control/event?event=" + event);
  if (!found) return Unreachable(found.error());
  std::printf("before    %s %lld %s\n", TextAt(*found, "/title").c_str(),
              static_cast<long long>(NumberAt(*found, "status")),
              (TextAt(*found, "/verdict") + TextAt(*found, "/answer_body")).c_str());
  if (TextAt(*found, "/from") == "commerce") {
    auto answer = (*client)->Post("/control/replay", {{"event", event}});
    if (!answer) return Unreachable(answer.error());
    const auto status = NumberAt(*answer, "status");
    std::printf("again     %lld %s\n", static_cast<long long>(status),
                base::ToText(answer->at("body")).c_str());
    return status >= 200 && status < 300 ? kExitDone : kExitUnexpected;
  }
  std::string id;
  for (const auto& header : found->at("headers").as_array()) {
    if (TextAt(header, "/name") == "ce-id") id = TextAt(header, "/value");
  }
  const auto number = NumberAt(*found, "number");
  auto replayed = (*client)->AskOperator("POST", "/events/" + id + "/replay");
  if (!replayed) return Unreachable(replayed.error());
  for (int tries = 0; tries < 50; ++tries) {
    const timespec pause{0, kPauseNs};
    nanosleep(&pause, nullptr);
    auto again = (*client)->Get("/control/event?event=" + id);
    if (!again || NumberAt(*again, "number") <= number) continue;
    std::printf("again     %lld %s\n", static_cast<long long>(NumberAt(*again, "status")),
                TextAt(*again, "/verdict").c_str());
    return kExitDone;
  }
  std::fprintf(stderr, "obolus-sandbox: Obolus did not bring it again within 10 s\n");
  return kExitUnexpected;
}

}  // namespace obolus::sandbox
