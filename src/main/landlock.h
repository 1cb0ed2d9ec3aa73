// Landlock: what of the file system and which TCP ports this process can still reach, however it
// is taken over. Called by main/sandbox while there is one thread, because the kernel confines the
// calling thread and those that it starts later, and nothing else. It cannot be undone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace obolus::main {

// Everything that is not named is out of reach. Paths that do not exist are passed over.
struct Reach {
  std::vector<std::string> read;          // a file, or a folder with all that is and will be in it
  std::vector<std::string> write;         // the same, and files and folders may be made and removed
  std::vector<std::uint16_t> bind_ports;  // TCP; 0: any free port that the kernel picks
  std::vector<std::uint16_t> connect_ports;  // TCP, on any address

  bool operator==(const Reach&) const = default;
};

// The version of the kernel's Landlock; 0: it has none, or it is switched off. From 4 on it knows
// TCP ports, from 6 on signals and abstract sockets.
int LandlockVersion();

// Confines this thread and all that it starts, as far as LandlockVersion() goes. Needs
// no_new_privs. kUnavailable: the kernel refused; the message names the path and the reason.
base::Status ConfineTo(const Reach& reach);

}  // namespace obolus::main
