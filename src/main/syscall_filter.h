// The list of system calls that a serving Obolus needs, held by the kernel (seccomp) for every
// thread: what is not on it fails with EPERM, and what only an intruder asks for (execve, fork,
// ptrace, mount, bpf, io_uring, namespaces, kernel keys, …) kills the process at once. No memory
// becomes executable any more (W^X). Called twice by main/sandbox: before the listeners open, and
// once more, stricter, when they are open. The only file that includes seccomp.h is its .cpp.
#pragma once

#include "base/result.h"

namespace obolus::main {

enum class FilterStage {
  kStarting,  // sockets may listen, and the last identity of root may be given up
  kServing,   // no more
};

enum class FilterMode {
  kForbid,
  kLog,  // everything is allowed; the kernel's log names what would not be
};

// True: this kernel can filter.
bool SyscallFilterIsThere();

// For all threads, those that run and those to come; a second call only takes away more. Needs
// no_new_privs. kUnavailable: the kernel refused; the message says why.
base::Status FilterSyscalls(FilterStage stage, FilterMode mode);

}  // namespace obolus::main
