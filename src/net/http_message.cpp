#include "net/http_message.h"

#include <algorithm>

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

}  // namespace obolus::net
