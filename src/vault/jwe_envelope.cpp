#include "vault/jwe_envelope.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/json.h"
#include "base/secret.h"
#include "vault/secret_json.h"

namespace obolus::vault {
namespace {

namespace json = base::json;
using base::FieldError;
using base::Result;
using base::SecretBytes;

constexpr std::size_t kMaxNumberDigits = 4;

const json::value* FindMember(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value == nullptr || value->is_null() ? nullptr : value;
}

// Straight into locked memory: std::string would leave the text in the heap.
SecretBytes ReadSecret(const json::object& object, std::string_view member, std::string pointer,
                       std::vector<FieldError>* faults) {
  const json::value* value = FindMember(object, member);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    faults->push_back({std::move(pointer), "must be a string"});
    return {};
  }
  return SecretBytes(std::string_view(value->get_string()));
}

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<std::int64_t> ParseDigits(std::string_view text) {
  if (text.empty() || text.size() > kMaxNumberDigits) return std::nullopt;
  if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<std::int64_t> ReadNumber(const json::object& object, std::string_view member,
                                       std::vector<FieldError>* faults) {
  const json::value* value = FindMember(object, member);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (value->is_string()) {
    const std::string_view text = Trimmed(value->get_string());
    if (text.empty()) return std::nullopt;
    if (const auto number = ParseDigits(text)) return number;
  }
  faults->push_back({"/" + std::string(member), "must be a whole number"});
  return std::nullopt;
}

std::int64_t FullYear(std::int64_t year) {
  return year >= 0 && year < 100 ? 2000 + year : year;
}

// The shopper's choice on a co-badged card; which cards it fits is for domain/card to say.
void ReadNetwork(const json::object& object, domain::CardEntry* entry,
                 std::vector<FieldError>* faults) {
  const json::value* value = FindMember(object, "card_network");
  if (value == nullptr || (value->is_string() && value->get_string().empty())) return;
  if (value->is_string()) entry->card_network = domain::ParseSessionNetwork(value->get_string());
  if (entry->card_network) return;
  faults->push_back({"/additional_data/card_network", "is not a network that is supported"});
}

void ReadExpirationDate(const json::object& object, domain::CardEntry* entry,
                        std::vector<FieldError>* faults) {
  const json::value* value = FindMember(object, "expiration_date");
  if (value == nullptr) return;
  const std::string_view text = value->is_string() ? std::string_view(value->get_string()) : "";
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view year_text = Trimmed(text.substr(std::min(slash + 1, text.size())));
  const auto month = ParseDigits(Trimmed(text.substr(0, slash)));
  const auto year = ParseDigits(year_text);
  if (!month || !year || (year_text.size() != 2 && year_text.size() != 4)) {
    faults->push_back({"/expiration_date", "must be MM/YY or MM/YYYY"});
    return;
  }
  entry->expiry_month = month;
  entry->expiry_year = FullYear(*year);
}

}  // namespace

JweEnvelope::Keys::Keys(std::vector<base::JweKey> keys)
    : decrypter(std::move(keys)),
      rsa_jwk(decrypter.PublicJwk(base::JweKeyKind::kRsa)),
      ec_jwk(decrypter.PublicJwk(base::JweKeyKind::kEc)) {}

Result<domain::CardEntry> JweEnvelope::Open(std::string_view compact) const {
  const Result<SecretBytes> plaintext = keys_.Get()->decrypter.Decrypt(compact);
  if (!plaintext) return std::unexpected(plaintext.error());
  return ReadCardEntry(plaintext->text());
}

Result<domain::CardEntry> ReadCardEntry(std::string_view plaintext) {
  SecretArena arena;
  const Result<json::value> root = ParseSecretJson(plaintext, arena);
  if (!root || !root->is_object()) {
    return base::Fail(base::ErrorCode::kMalformed, "the decrypted card is not a JSON object");
  }
  const json::object& object = root->get_object();
  std::vector<FieldError> faults;
  domain::CardEntry entry;
  entry.account_number = ReadSecret(object, "account_number", "/account_number", &faults);
  entry.expiry_month = ReadNumber(object, "expiry_month", &faults);
  entry.expiry_year = ReadNumber(object, "expiry_year", &faults).transform(FullYear);
  const bool has_expiry =
      FindMember(object, "expiry_month") != nullptr || FindMember(object, "expiry_year") != nullptr;
  if (!has_expiry) ReadExpirationDate(object, &entry, &faults);
  entry.security_code = ReadSecret(object, "security_code", "/security_code", &faults);
  if (const json::value* more = FindMember(object, "additional_data")) {
    if (more->is_object()) {
      entry.cardholder_name = ReadSecret(more->get_object(), "cardholder_name",
                                         "/additional_data/cardholder_name", &faults);
      ReadNetwork(more->get_object(), &entry, &faults);
    } else {
      faults.push_back({"/additional_data", "must be an object"});
    }
  }
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  return entry;
}

}  // namespace obolus::vault
