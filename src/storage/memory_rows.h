// How MemoryTransaction reads and writes the plain maps of MemoryTables: every write remembers how
// to take itself back. For the files that implement it.
#pragma once

#include <optional>
#include <utility>

#include "storage/memory_transaction.h"

namespace obolus::storage {

template <class Map>
std::optional<typename Map::mapped_type> CopyRow(const Map& map,
                                                 const typename Map::key_type& key) {
  const auto found = map.find(key);
  return found == map.end() ? std::nullopt : std::optional(found->second);
}

template <class Map>
void MemoryTransaction::PutRow(Map& map, const typename Map::key_type& key,
                               std::optional<typename Map::mapped_type> row) {
  const auto set = [](Map& rows, const typename Map::key_type& at, auto& content) {
    if (content) {
      rows.insert_or_assign(at, std::move(*content));
    } else {
      rows.erase(at);
    }
  };
  auto old = CopyRow(map, key);
  set(map, key, row);
  undo_.emplace_back([&map, key, set, old = std::move(old)]() mutable { set(map, key, old); });
}

}  // namespace obolus::storage
