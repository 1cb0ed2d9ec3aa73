#include "vault/secret_json.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace obolus::vault {
namespace {

namespace json = base::json;
using base::SecretBytes;

constexpr std::size_t kBlockBytes = 4096;
constexpr std::size_t kMaxDepth = 16;

// The parser unescapes strings in a buffer on its stack, which it does not wipe.
[[gnu::noinline]] void WipeStackBelow() {
  std::array<std::uint8_t, std::size_t{16} * 1024> below;
  base::WipeMemory(below.data(), below.size());
}

}  // namespace

void* SecretArena::do_allocate(std::size_t size, std::size_t alignment) {
  std::size_t start = (used_ + alignment - 1) / alignment * alignment;
  if (blocks_.empty() || start + size > blocks_.back().size()) {
    blocks_.push_back(SecretBytes::OfSize(std::max(size, kBlockBytes)));
    start = 0;
  }
  used_ = start + size;
  return blocks_.back().data() + start;
}

base::Result<json::value> ParseSecretJson(std::string_view text, SecretArena& arena) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  SecretBytes scratch = SecretBytes::OfSize(kBlockBytes);
  json::error_code failure;
  json::value value(arena.storage());
  {
    json::parser parser(arena.storage(), options, scratch.data(), scratch.size());
    parser.reset(arena.storage());
    parser.write(text, failure);
    if (!failure) value = parser.release();
  }
  WipeStackBelow();
  if (failure) return base::Fail(base::ErrorCode::kMalformed, "not JSON: " + failure.message());
  return value;
}

SecretBytes ToSecretText(const json::value& value) {
  json::serializer serializer;
  serializer.reset(&value);
  SecretBytes text = SecretBytes::OfSize(kBlockBytes);
  std::size_t size = 0;
  for (;;) {
    size += serializer.read(reinterpret_cast<char*>(text.data()) + size, text.size() - size).size();
    if (serializer.done()) break;
    SecretBytes larger = SecretBytes::OfSize(text.size() * 2);
    std::ranges::copy(text.view().first(size), larger.data());
    text = std::move(larger);
  }
  text.Truncate(size);
  return text;
}

}  // namespace obolus::vault
