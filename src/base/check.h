// CHECK(condition) ends the process with file, line and expression when an invariant of ours is
// broken. It is always on. It must never guard anything that a client, a disk or a network can
// cause: those are `Result`. Ending is safe at any point, because a 2xx follows its commit.
#pragma once

namespace obolus::base {

[[noreturn]] void CheckFailed(const char* file, int line, const char* expression);

}  // namespace obolus::base

#define CHECK(condition)                               \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::obolus::base::CheckFailed(__FILE__, __LINE__, #condition))
