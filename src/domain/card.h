// A card as the shopper typed it, checked by the rules that need no bank: ISO/IEC 7812 length and
// Luhn digit, network by IIN range, CVC length of that network, and an expiry that has not passed.
// Pure. The number and the CVC are secrets; only `MaskedCard` may leave the vault (PCI DSS 3.4: at
// most first six and last four).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace obolus::domain {

enum class CardNetwork {
  kVisa,
  kMastercard,
  kAmericanExpress,
  kDiscover,
  kDinersClub,
  kJcb,
  kUnionPay,
  kMaestro,
  kCartesBancaires,
  kBancontact,
  kDankort,
};
inline constexpr std::size_t kCardNetworkCount = 11;

// How each party spells a network (contract §4.3): one table.
struct NetworkSpelling {
  CardNetwork network;
  std::string_view event;     // "AMERICAN_EXPRESS": CloudEvents, allowed_networks
  std::string_view session;   // "americanexpress": the client protocol
  std::string_view guardian;  // "american express"
  std::string_view element;   // "american-express": SDK elements
};
std::span<const NetworkSpelling> NetworkSpellings();
const NetworkSpelling& SpellingOf(CardNetwork network);
// By the event spelling, any case.
std::optional<CardNetwork> ParseEventNetwork(std::string_view text);
// By the session spelling, exactly.
std::optional<CardNetwork> ParseSessionNetwork(std::string_view text);

// The network of the longest IIN range that holds the number's first digits (needs 1 to 8 of them);
// none when unknown or not yet decided. Ranges: the public IIN tables of the networks, 6 and 8
// digits.
std::optional<CardNetwork> DetectNetwork(std::string_view digits);

// ISO/IEC 7812-1 annex B.
bool PassesLuhn(std::string_view digits);

// `allowed` as sessions hold it: empty means all.
bool IsAllowed(CardNetwork network, std::span<const CardNetwork> allowed);

// 3, or 4 for American Express.
std::size_t CvcLength(CardNetwork network);

// What arrives from the frame, already decrypted, not yet checked.
struct CardEntry {
  base::SecretBytes account_number;  // digits, spaces and hyphens allowed
  std::optional<std::int64_t> expiry_month;
  std::optional<std::int64_t> expiry_year;  // four digits
  base::SecretBytes security_code;
  base::SecretBytes cardholder_name;  // may be empty
  // Of a co-badged card the one that the shopper chose (Regulation (EU) 2015/751, article 8).
  std::optional<CardNetwork> card_network = {};
};

struct Card {
  base::SecretBytes account_number;          // 12..19 digits
  base::SecretBytes security_code;           // digits
  base::SecretBytes cardholder_name;         // UTF-8, at most 128 bytes, may be empty
  int expiry_month = 0;                      // 1..12
  int expiry_year = 0;                       // four digits
  CardNetwork network = CardNetwork::kVisa;  // that the shopper pays with
};

// Masked data, safe to store, log and send.
struct MaskedCard {
  std::string card_holder;  // empty when not given
  CardNetwork network = CardNetwork::kVisa;
  int expiry_month = 0;
  int expiry_year = 0;
  std::string first_six;
  std::string last_four;

  bool operator==(const MaskedCard&) const = default;
};
MaskedCard Mask(const Card& card);

class CoBadges;

struct CardRules {
  std::span<const CardNetwork> allowed;  // empty: all are
  const CoBadges& co_badges;
};

// The pointers of faults are relative to the decrypted payload: "/account_number", "/expiry_month",
// "/expiry_year", "/security_code", "/additional_data/cardholder_name",
// "/additional_data/card_network". kInvalid, naming all members at fault in that order: number
// missing, not 12..19 digits, Luhn, unknown network, a length that none of its networks uses, none
// of its networks allowed; month not 1..12; year not four digits or over 20 years ahead; expired
// (the last moment of the month, anywhere on Earth: UTC-12); CVC missing, not digits, wrong length;
// name too long, with control characters, or holding 12+ digits; a choice that is none of the
// number's allowed networks. Without a choice the card is of the network that its leading digits
// name, or of the first other that is allowed.
base::Result<Card> CheckCard(CardEntry entry, const CardRules& rules, base::Timestamp now);

}  // namespace obolus::domain
