// An envelope that is not encrypted: "NUMBER|MONTH|YEAR|CVC", and "|NETWORK" when the shopper chose
// one. Anything with another number of bars does not open. Read-only; any thread.
#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "app/ports/envelope.h"

namespace obolus::testing {

class FakeEnvelope final : public app::Envelope {
 public:
  base::json::object RsaJwk() const override { return {{"kty", "RSA"}}; }
  base::json::object EcJwk() const override { return {{"kty", "EC"}}; }

  base::Result<domain::CardEntry> Open(std::string_view compact) const override {
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at <= compact.size();) {
      const std::size_t end = std::min(compact.find('|', at), compact.size());
      parts.push_back(compact.substr(at, end - at));
      at = end + 1;
    }
    if (parts.size() != 4 && parts.size() != 5) {
      return base::Fail(base::ErrorCode::kMalformed, "this is not an envelope");
    }
    return domain::CardEntry{
        .account_number = base::SecretBytes(parts[0]),
        .expiry_month = Number(parts[1]),
        .expiry_year = Number(parts[2]),
        .security_code = base::SecretBytes(parts[3]),
        .cardholder_name = {},
        .card_network = parts.size() == 5 ? domain::ParseSessionNetwork(parts[4]) : std::nullopt};
  }

 private:
  static std::optional<std::int64_t> Number(std::string_view text) {
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc()) return std::nullopt;
    return number;
  }
};

}  // namespace obolus::testing
