// Co-badged cards: numbers that work with another network beside the one that their leading digits
// name, such as Cartes Bancaires beside Visa. The shopper chooses which one to pay with (Regulation
// (EU) 2015/751, article 8). A small table of public facts is built in; issuers' own tables are
// licensed data, so an operator adds them as a file. Immutable once made; pure, any thread. Made by
// main/card_config, asked by domain/card and app/find_networks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/card.h"

namespace obolus::domain {

// Numbers whose first eight digits are `low` to `high`, both included, also work with `network`.
struct CoBadge {
  std::uint32_t low;
  std::uint32_t high;
  CardNetwork network;

  bool operator==(const CoBadge&) const = default;
};

inline constexpr std::size_t kMaxCoBadgeRows = 200'000;

// Public facts and published test numbers; the source of each row stands beside it.
std::span<const CoBadge> BuiltInCoBadges();

// Rows of "low,high,network": 6 to 8 digits each, the network as the client protocol spells it
// ("cartesbancaires"). Empty lines, lines that start with '#' and a first line "low,high,network"
// are passed over. kInvalid names the first ten lines at fault, as pointers "line 7", or says that
// there are more than `kMaxCoBadgeRows` rows.
base::Result<std::vector<CoBadge>> ParseCoBadges(std::string_view csv);

class CoBadges {
 public:
  // The built-in table and `more`. `preferred` come first where a number has several networks.
  explicit CoBadges(std::span<const CoBadge> more = {}, std::vector<CardNetwork> preferred = {});

  // Every network that a number with these leading digits works with, whatever follows them: the
  // preferred ones in their order, then the one that the digits name, then the others. With fewer
  // than six digits only the one that they name, if they do.
  std::vector<CardNetwork> NetworksOf(std::string_view digits) const;

 private:
  struct Range {
    std::uint32_t low;
    std::uint32_t high;
  };
  bool Holds(CardNetwork network, std::uint32_t low, std::uint32_t high) const;

  // For each network, sorted, and neither overlapping nor touching.
  std::array<std::vector<Range>, kCardNetworkCount> ranges_;
  std::vector<CardNetwork> preferred_;
};

}  // namespace obolus::domain
