// What an intruder would try from inside a serving Obolus, and what Obolus itself has to be able to
// do there: each one call that says 0 or an errno. Run by sandbox_probe in a process of its own,
// after the sandbox was entered.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace obolus::testing {

// Made before the sandbox is entered.
struct Ground {
  std::string data;          // data_dir
  std::string certificates;  // a folder with cert.pem, named by a setting
  std::string outside;       // a folder that no setting names, open to everybody, with secret.txt
  std::string socket;        // of a listening Unix socket outside
  std::uint16_t own_port = 0, peer_port = 0, other_port = 0;  // TCP; the last two are listened on
  int watcher = 0;                                            // a process outside the sandbox
};

struct Attempt {
  const char* name;
  std::function<int(const Ground&)> call;
  // Whether it may be tried without a sandbox too, to see that it is the sandbox that refuses.
  bool harmless = true;
};

std::vector<Attempt> ForbiddenAttempts();
std::vector<Attempt> NeededCalls();

}  // namespace obolus::testing
