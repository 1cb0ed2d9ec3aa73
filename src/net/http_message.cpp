#include "net/http_message.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace obolus::net {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

const std::string* Headers::Find(std::string_view name) const {
  for (const Header& header : items_) {
    if (EqualsIgnoreCase(header.name, name)) return &header.value;
  }
  return nullptr;
}

std::size_t Headers::Count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      items_, [&](const Header& header) { return EqualsIgnoreCase(header.name, name); }));
}

void Headers::Set(std::string_view name, std::string value) {
  std::erase_if(items_, [&](const Header& header) { return EqualsIgnoreCase(header.name, name); });
  items_.push_back({std::string(name), std::move(value)});
}

std::optional<base::Millis> RetryAfter(const HttpResponse& response) {
  const std::string* header = response.headers.Find("Retry-After");
  if (header == nullptr) return std::nullopt;
  std::int64_t seconds = 0;
  const char* end = header->data() + header->size();
  const auto read = std::from_chars(header->data(), end, seconds);
  if (read.ec != std::errc() || read.ptr != end || seconds < 0) return std::nullopt;
  return base::Millis(std::min<std::int64_t>(seconds, 86'400) * 1000);
}

}  // namespace obolus::net
