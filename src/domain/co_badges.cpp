#include "domain/co_badges.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace obolus::domain {
namespace {

using base::FieldError;
using enum CardNetwork;

constexpr std::size_t kMinDigits = 6;
constexpr std::size_t kDigits = 8;
constexpr std::size_t kMaxFaults = 10;

constexpr CoBadge kBuiltIn[] = {
    // Stripe, "Testing", co-branded cards: 4000 0025 0000 1001 and 5555 5525 0000 1001.
    {40000025, 40000025, kCartesBancaires},
    {55555525, 55555525, kCartesBancaires},
    // Adyen, "Test card numbers", Cartes Bancaires: 4035 5010 0000 0008, 4360 0000 0100 0005.
    {40355010, 40355010, kCartesBancaires},
    {43600000, 43600000, kCartesBancaires},
    // Bancontact with Maestro is issued in 6703 (Adyen's open web library, table of brands: bcmc).
    {67030000, 67039999, kBancontact},
    // Adyen, "Test card numbers", Bancontact with Visa Debit 4871 0499 9999 9910, and with Debit
    // Mastercard 5127 8809 9999 9990.
    {48710499, 48710499, kBancontact},
    {51278809, 51278809, kBancontact},
    // Dankort with Visa is issued in 4571 (Wikipedia, "Payment card number").
    {45710000, 45719999, kDankort},
};

std::size_t IndexOf(CardNetwork network) {
  return static_cast<std::size_t>(network);
}

// The eight digits that `digits` begins, filled up with `fill`; none when they are not 6 to 8.
std::optional<std::uint32_t> Padded(std::string_view digits, char fill) {
  if (digits.size() < kMinDigits || digits.size() > kDigits) return std::nullopt;
  std::array<char, kDigits> text;
  text.fill(fill);
  std::ranges::copy(digits, text.begin());
  std::uint32_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view TakeUntil(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r";
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

// What is wrong with the row, "" when nothing.
std::string_view ParseRow(std::string_view line, CoBadge* row) {
  if (std::ranges::count(line, ',') != 2) return "must be low,high,network";
  const std::string_view low = Trimmed(TakeUntil(line, ','));
  const std::string_view high = Trimmed(TakeUntil(line, ','));
  const auto first = Padded(low, '0');
  const auto last = Padded(high, '9');
  if (!first || !last) return "low and high must be 6 to 8 digits";
  if (*first > *last) return "low is above high";
  const auto network = ParseSessionNetwork(Trimmed(line));
  if (!network) return "the network is not one that is supported, such as cartesbancaires";
  *row = {*first, *last, *network};
  return "";
}

}  // namespace

std::span<const CoBadge> BuiltInCoBadges() {
  return kBuiltIn;
}

base::Result<std::vector<CoBadge>> ParseCoBadges(std::string_view csv) {
  std::vector<CoBadge> rows;
  std::vector<FieldError> faults;
  for (std::size_t number = 1; !csv.empty() && faults.size() < kMaxFaults; ++number) {
    const std::string_view line = Trimmed(TakeUntil(csv, '\n'));
    if (line.empty() || line.starts_with('#')) continue;
    if (number == 1 && line == "low,high,network") continue;
    CoBadge row{};
    const std::string_view fault = rows.size() == kMaxCoBadgeRows
                                       ? std::string_view("is one row too many: 200000 are allowed")
                                       : ParseRow(line, &row);
    if (fault.empty()) {
      rows.push_back(row);
      continue;
    }
    faults.push_back({"line " + std::to_string(number), std::string(fault)});
    if (rows.size() == kMaxCoBadgeRows) break;
  }
  if (faults.empty()) return rows;
  return std::unexpected(base::Error{base::ErrorCode::kInvalid, "the co-badge table has faults",
                                     std::move(faults), std::nullopt});
}

CoBadges::CoBadges(std::span<const CoBadge> more, std::vector<CardNetwork> preferred)
    : preferred_(std::move(preferred)) {
  for (const std::span<const CoBadge> rows : {BuiltInCoBadges(), more}) {
    for (const CoBadge& row : rows) ranges_[IndexOf(row.network)].push_back({row.low, row.high});
  }
  for (std::vector<Range>& ranges : ranges_) {
    std::ranges::sort(ranges, {}, &Range::low);
    std::vector<Range> merged;
    for (const Range& range : ranges) {
      if (merged.empty() || range.low > merged.back().high + 1) {
        merged.push_back(range);
      } else {
        merged.back().high = std::max(merged.back().high, range.high);
      }
    }
    ranges = std::move(merged);
  }
}

bool CoBadges::Holds(CardNetwork network, std::uint32_t low, std::uint32_t high) const {
  const std::vector<Range>& ranges = ranges_[IndexOf(network)];
  const auto after = std::ranges::upper_bound(ranges, low, {}, &Range::low);
  return after != ranges.begin() && std::prev(after)->high >= high;
}

std::vector<CardNetwork> CoBadges::NetworksOf(std::string_view digits) const {
  digits = digits.substr(0, kDigits);
  const auto named = DetectNetwork(digits);
  const auto low = Padded(digits, '0');
  const auto high = Padded(digits, '9');
  std::vector<CardNetwork> networks;
  const auto add = [&](CardNetwork network) {
    const bool works = named == network || (low && high && Holds(network, *low, *high));
    if (works && std::ranges::find(networks, network) == networks.end()) {
      networks.push_back(network);
    }
  };
  for (const CardNetwork network : preferred_) add(network);
  if (named) add(*named);
  for (const NetworkSpelling& spelling : NetworkSpellings()) add(spelling.network);
  return networks;
}

}  // namespace obolus::domain
