#include "domain/card.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <utility>

#include "base/check.h"
#include "domain/co_badges.h"
#include "domain/iin_ranges.h"

namespace obolus::domain {
namespace {

using base::FieldError;
using base::SecretBytes;

constexpr std::size_t kMinNumberLength = 12;
constexpr std::size_t kMaxNumberLength = 19;
constexpr std::size_t kMaxNameBytes = 128;
constexpr std::size_t kMinNumberInName = 12;
constexpr std::int64_t kMaxYearsAhead = 20;

constexpr std::array<NetworkSpelling, kCardNetworkCount> kSpellings = {{
    {CardNetwork::kVisa, "VISA", "visa", "visa", "visa"},
    {CardNetwork::kMastercard, "MASTERCARD", "mastercard", "mastercard", "mastercard"},
    {CardNetwork::kAmericanExpress, "AMERICAN_EXPRESS", "americanexpress", "american express",
     "american-express"},
    {CardNetwork::kDiscover, "DISCOVER", "discover", "discover", "discover"},
    {CardNetwork::kDinersClub, "DINERS_CLUB", "dinersclub", "diners club", "diners-club"},
    {CardNetwork::kJcb, "JCB", "jcb", "jcb", "jcb"},
    {CardNetwork::kUnionPay, "UNIONPAY", "unionpay", "unionpay", "unionpay"},
    {CardNetwork::kMaestro, "MAESTRO", "maestro", "maestro", "maestro"},
    {CardNetwork::kCartesBancaires, "CARTES_BANCAIRES", "cartesbancaires", "cartes bancaires",
     "cartes-bancaires"},
    {CardNetwork::kBancontact, "BANCONTACT", "bancontact", "bancontact", "bancontact"},
    {CardNetwork::kDankort, "DANKORT", "dankort", "dankort", "dankort"},
}};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

template <class T>
bool Contains(std::span<const T> values, T value) {
  return std::ranges::find(values, value) != values.end();
}

bool AllDigits(std::string_view text) {
  return std::ranges::all_of(text, IsDigit);
}

char UpperCase(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// The number without the spaces and hyphens that people type.
SecretBytes WithoutSeparators(const SecretBytes& typed) {
  SecretBytes number = SecretBytes::OfSize(typed.size());
  std::size_t size = 0;
  for (const char c : typed.text()) {
    if (c != ' ' && c != '-') number.data()[size++] = static_cast<std::uint8_t>(c);
  }
  number.Truncate(size);
  return number;
}

// What a number turned out to be.
struct NumberFinding {
  std::string_view fault = {};              // "": none
  std::string_view choice_fault = {};       // of the shopper's choice, once the number is good
  std::optional<CardNetwork> network = {};  // as soon as it is known
};

bool AnyUsesLength(std::span<const CardNetwork> networks, std::size_t length) {
  return std::ranges::any_of(
      networks, [length](CardNetwork each) { return Contains(NumberLengths(each), length); });
}

NumberFinding LookAtNumber(std::string_view digits, std::optional<CardNetwork> choice,
                           const CardRules& rules) {
  if (digits.empty()) return {.fault = "is required"};
  if (!AllDigits(digits)) return {.fault = "must be 12 to 19 digits"};
  std::vector<CardNetwork> networks = rules.co_badges.NetworksOf(digits);
  NumberFinding found;
  if (!networks.empty()) found.network = DetectNetwork(digits.substr(0, 8)).value_or(networks[0]);
  const auto faulty = [&found](std::string_view fault) {
    found.fault = fault;
    return found;
  };
  if (digits.size() < kMinNumberLength || digits.size() > kMaxNumberLength) {
    return faulty("must be 12 to 19 digits");
  }
  if (!PassesLuhn(digits)) return faulty("is not a card number: the check digit does not match");
  if (networks.empty()) return faulty("belongs to no card network that we know");
  if (!AnyUsesLength(networks, digits.size())) {
    return faulty("has a length that this card network does not use");
  }
  std::erase_if(networks, [&](CardNetwork each) { return !IsAllowed(each, rules.allowed); });
  if (networks.empty()) return faulty("belongs to a card network not accepted");
  const std::span<const CardNetwork> usable = networks;
  if (choice && !Contains(usable, *choice)) {
    found.choice_fault = "is not a network of this card that is accepted";
  } else if (choice) {
    found.network = choice;
  } else if (!Contains(usable, *found.network)) {
    found.network = usable.front();
  }
  return found;
}

// The card is good until its last month has ended everywhere, which is last so at UTC-12.
bool IsExpired(int year, int month, base::Timestamp now) {
  using std::chrono::hours;
  const std::chrono::year_month last{std::chrono::year(year),
                                     std::chrono::month(static_cast<unsigned>(month))};
  const std::chrono::sys_days next_month = (last + std::chrono::months(1)) / 1;
  return now >= next_month + hours(12);
}

int YearOf(base::Timestamp now) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(now));
  return static_cast<int>(date.year());
}

void CheckExpiry(const CardEntry& entry, base::Timestamp now, std::vector<FieldError>* faults) {
  const std::int64_t month = entry.expiry_month.value_or(0);
  const std::int64_t year = entry.expiry_year.value_or(0);
  const bool month_is_valid = month >= 1 && month <= 12;
  if (!entry.expiry_month) {
    faults->push_back({"/expiry_month", "is required"});
  } else if (!month_is_valid) {
    faults->push_back({"/expiry_month", "must be 1 to 12"});
  }
  const int this_year = YearOf(now);
  if (!entry.expiry_year) {
    faults->push_back({"/expiry_year", "is required"});
  } else if (year < 1000 || year > 9999) {
    faults->push_back({"/expiry_year", "must have four digits"});
  } else if (year > this_year + kMaxYearsAhead) {
    faults->push_back({"/expiry_year", "is more than 20 years ahead"});
  } else if (month_is_valid && IsExpired(static_cast<int>(year), static_cast<int>(month), now)) {
    const bool is_past_year = year < this_year;
    faults->push_back({is_past_year ? "/expiry_year" : "/expiry_month", "the card has expired"});
  }
}

std::string_view SecurityCodeFault(std::string_view code, std::optional<CardNetwork> network) {
  if (code.empty()) return "is required";
  if (!AllDigits(code)) return "must be digits";
  const bool fits =
      network ? code.size() == CvcLength(*network) : code.size() == 3 || code.size() == 4;
  return fits ? "" : "has the wrong number of digits for this card";
}

std::string_view NameFault(std::string_view name) {
  if (name.size() > kMaxNameBytes) return "is longer than 128 bytes";
  const bool has_control_character = std::ranges::any_of(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (has_control_character) return "holds a control character";
  // A number typed into the wrong field would leave the vault in clear, as the holder's name.
  if (std::ranges::count_if(name, IsDigit) >= static_cast<std::ptrdiff_t>(kMinNumberInName)) {
    return "looks like a card number";
  }
  return "";
}

}  // namespace

std::span<const NetworkSpelling> NetworkSpellings() {
  return kSpellings;
}

const NetworkSpelling& SpellingOf(CardNetwork network) {
  const auto& spelling = kSpellings[static_cast<std::size_t>(network)];
  CHECK(spelling.network == network);
  return spelling;
}

std::optional<CardNetwork> ParseEventNetwork(std::string_view text) {
  for (const NetworkSpelling& spelling : kSpellings) {
    if (std::ranges::equal(text, spelling.event, {}, UpperCase)) return spelling.network;
  }
  return std::nullopt;
}

std::optional<CardNetwork> ParseSessionNetwork(std::string_view text) {
  for (const NetworkSpelling& spelling : kSpellings) {
    if (text == spelling.session) return spelling.network;
  }
  return std::nullopt;
}

bool IsAllowed(CardNetwork network, std::span<const CardNetwork> allowed) {
  return allowed.empty() || Contains(allowed, network);
}

std::optional<CardNetwork> DetectNetwork(std::string_view digits) {
  if (!AllDigits(digits)) return std::nullopt;
  const IinRange* longest = nullptr;
  for (const IinRange& range : IinRanges()) {
    if (digits.size() < range.digits) continue;
    if (longest != nullptr && longest->digits >= range.digits) continue;
    std::uint32_t prefix = 0;
    for (const char c : digits.substr(0, range.digits)) {
      prefix = prefix * 10 + static_cast<std::uint32_t>(c - '0');
    }
    if (prefix >= range.low && prefix <= range.high) longest = &range;
  }
  if (longest == nullptr) return std::nullopt;
  return longest->network;
}

bool PassesLuhn(std::string_view digits) {
  if (digits.empty() || !AllDigits(digits)) return false;
  int sum = 0;
  bool is_doubled = false;
  for (auto c = digits.rbegin(); c != digits.rend(); ++c) {
    const int digit = (*c - '0') * (is_doubled ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
    is_doubled = !is_doubled;
  }
  return sum % 10 == 0;
}

std::size_t CvcLength(CardNetwork network) {
  return network == CardNetwork::kAmericanExpress ? 4 : 3;
}

MaskedCard Mask(const Card& card) {
  const std::string_view number = card.account_number.text();
  CHECK(number.size() >= kMinNumberLength);
  return {std::string(card.cardholder_name.text()),
          card.network,
          card.expiry_month,
          card.expiry_year,
          std::string(number.substr(0, 6)),
          std::string(number.substr(number.size() - 4))};
}

base::Result<Card> CheckCard(CardEntry entry, const CardRules& rules, base::Timestamp now) {
  std::vector<FieldError> faults;
  SecretBytes number = WithoutSeparators(entry.account_number);
  const NumberFinding found = LookAtNumber(number.text(), entry.card_network, rules);
  if (!found.fault.empty()) faults.push_back({"/account_number", std::string(found.fault)});
  CheckExpiry(entry, now, &faults);
  if (const auto fault = SecurityCodeFault(entry.security_code.text(), found.network);
      !fault.empty()) {
    faults.push_back({"/security_code", std::string(fault)});
  }
  if (const auto fault = NameFault(entry.cardholder_name.text()); !fault.empty()) {
    faults.push_back({"/additional_data/cardholder_name", std::string(fault)});
  }
  if (!found.choice_fault.empty()) {
    faults.push_back({"/additional_data/card_network", std::string(found.choice_fault)});
  }
  if (!faults.empty() || !found.network || !entry.expiry_month || !entry.expiry_year) {
    return std::unexpected(base::Error{base::ErrorCode::kInvalid, "the card was not accepted",
                                       std::move(faults), std::nullopt});
  }
  return Card{std::move(number),
              std::move(entry.security_code),
              std::move(entry.cardholder_name),
              static_cast<int>(*entry.expiry_month),
              static_cast<int>(*entry.expiry_year),
              *found.network};
}

}  // namespace obolus::domain
