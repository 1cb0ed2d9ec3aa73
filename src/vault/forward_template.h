// The body of a forward call as its caller wrote it, with places for card data: "{{ account_number
// }}", or "{{ expiry_month | unwrap }}" for a number where JSON wants one. Values are escaped for
// the kind of body, and filled in once, so that what a shopper typed as a name stays a name. Pure;
// what it renders lives in locked memory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "domain/card.h"

namespace obolus::vault {

enum class BodyKind { kJson, kForm, kXml };

enum class CardField {
  kAccountNumber,
  kCardholderName,
  kExpiryMonth,  // "07"; unwrapped 7
  kExpiryYear,   // "2031"
  kSecurityCode,
};
std::string_view ToString(CardField field);  // "account_number", …

class ForwardTemplate {
 public:
  // kInvalid at "/body", with the byte where it went wrong: not JSON though it should be, a
  // placeholder that is not closed or not known, in a member's name, `unwrap` of what is no number
  // (the name, and the security code, which may begin with 0), or not alone in its string.
  static base::Result<ForwardTemplate> Parse(std::string_view text, BodyKind kind);

  bool Uses(CardField field) const;
  base::SecretBytes Render(const domain::Card& card, const base::SecretBytes& code) const;
  // The fixed texts that stand before a security code, as they are sent: where an answer repeats
  // them, what follows is the code.
  std::vector<std::string> BeforeCode() const;

 private:
  // A fixed text, then a value, which the last part has not.
  struct Part {
    std::string text;
    bool has_value = false;
    CardField field = CardField::kAccountNumber;
    bool unwrap = false;
  };

  friend class TemplateReader;

  BodyKind kind_ = BodyKind::kJson;
  std::vector<Part> parts_;
};

}  // namespace obolus::vault
