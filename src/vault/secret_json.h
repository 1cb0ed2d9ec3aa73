// JSON that holds card data or keys: parsed into, and written from, locked memory that is wiped
// afterwards, so that no copy stays in the heap. Used by the files of this folder. One thread per
// arena.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"

namespace obolus::vault {

// Memory for JSON values, all of it wiped when the arena goes; values must not outlive it.
class SecretArena final : public base::json::memory_resource {
 public:
  SecretArena() = default;

  base::json::storage_ptr storage() { return this; }

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override;
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::vector<base::SecretBytes> blocks_;
  std::size_t used_ = 0;  // of the last block
};

// kMalformed: not JSON, or nested more than 16 deep. The message names no byte of the text.
base::Result<base::json::value> ParseSecretJson(std::string_view text, SecretArena& arena);

// Compact text (RFC 8259).
base::SecretBytes ToSecretText(const base::json::value& value);

}  // namespace obolus::vault
