// The developer's kit: `obolus-sandbox trigger`, `listen` and `replay`, against a running sandbox.
// Each prints for people or as JSON lines and gives its exit code. Called by main, on its thread.
// None needs an account anywhere: sandbox and Obolus are on this machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace obolus::sandbox {

// Exit codes of all three.
inline constexpr int kExitDone = 0;
inline constexpr int kExitUnexpected = 1;   // a scenario went otherwise; an event was not taken
inline constexpr int kExitWrongUse = 2;     // no such event, scenario or payment; a bad line
inline constexpr int kExitUnreachable = 3;  // no sandbox, or no Obolus, answers
inline constexpr int kExitNotProvided = 4;  // the scenario needs what `--provides` does not name

struct KitOptions {
  std::string url = "http://127.0.0.1:8400";
  std::filesystem::path certificates;  // for a sandbox with --tls
  bool json = false;
};

struct TriggerOptions {
  std::string what;  // an event's type or a scenario's name
  bool all = false;
  bool list = false;
  bool grammar = false;
  std::vector<std::string> set;  // name=value, into the event's data
  std::string data;              // JSON object
  std::string subject;
  std::string payment = "latest";
  std::string mode = "binary";
  std::string id;
  std::filesystem::path scenarios;
  std::vector<std::string> provides;  // "vault guardian"
  std::size_t parallel = 8;
};
int Trigger(const KitOptions& kit, const TriggerOptions& options);

struct ListenOptions {
  std::string payment;      // only of that one
  std::int64_t since = -1;  // entries after that number; -1: what comes from now on
  std::int64_t limit = 0;   // ends after so many; 0: never
  bool once = false;        // ends when it has shown what there is
};
// Until the limit or SIGINT. A sandbox that goes away is waited for.
int Listen(const KitOptions& kit, const ListenOptions& options);

// `event`: a journal entry's number or a ce-id. An event of Commerce's goes to Obolus again, byte
// for byte; one of Obolus's is asked for at the operator listener, as `obolus events replay` does.
int Replay(const KitOptions& kit, const std::string& event);

}  // namespace obolus::sandbox
