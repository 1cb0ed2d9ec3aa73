// Searches the memory of this process for bytes that must be gone, freed memory and the stack too.
// What is searched for is given masked, so that the question is not found itself. For tests; the
// thread that calls.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "base/check.h"

namespace obolus::testing {

inline constexpr std::uint8_t kMask = 0x5a;  // the needle itself is not to be found

// Reads freed and foreign memory on purpose, which is what sanitizers are there to stop.
[[gnu::noinline]]
__attribute__((no_sanitize("address", "undefined", "thread"))) inline std::size_t CountIn(
    const std::uint8_t* memory, std::size_t memory_size, const std::uint8_t* masked,
    std::size_t size) {
  std::size_t count = 0;
  for (std::size_t i = 0; i + size <= memory_size; ++i) {
    std::size_t same = 0;
    while (same < size && (memory[i + same] ^ kMask) == masked[same]) ++same;
    if (same == size) ++count;
  }
  return count;
}

// How often the number stands in the heap (freed parts too), the stack, the globals and the
// anonymous mappings. Allocates nothing, which could overwrite what is searched for. What a
// sanitizer reserves is left out: far larger than any mapping of ours.
inline std::size_t CountCopies(const std::vector<std::uint8_t>& masked) {
  constexpr std::size_t kLargest = std::size_t{64} * 1024 * 1024;
  static char maps[1024 * 1024];
  const int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  CHECK(file >= 0);
  std::size_t filled = 0;
  for (ssize_t got = 1; got > 0; filled += static_cast<std::size_t>(got)) {
    got = read(file, maps + filled, sizeof(maps) - 1 - filled);
    CHECK(got >= 0);
  }
  close(file);
  maps[filled] = '\0';
  std::size_t count = 0;
  for (const char* line = maps; line != nullptr && *line != '\0'; line = std::strchr(line, '\n')) {
    if (*line == '\n') ++line;
    std::uintptr_t begin = 0, end = 0;
    char mode[5] = {};
    if (std::sscanf(line, "%lx-%lx %4s", &begin, &end, mode) != 3) continue;
    if (mode[0] != 'r' || mode[1] != 'w' || end - begin > kLargest) continue;
    count += CountIn(reinterpret_cast<const std::uint8_t*>(begin), end - begin, masked.data(),
                     masked.size());
  }
  return count;
}

}  // namespace obolus::testing
