#include "vault/forward_template.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/json.h"

namespace obolus::vault {
namespace {

using base::SecretBytes;

constexpr std::size_t kLongestPlaceholder = 64;
constexpr std::size_t kMostPlaceholders = 64;
constexpr base::JsonLimits kJsonLimits{.max_bytes = 64 * 1024, .max_depth = 32};

struct FieldName {
  CardField field;
  std::string_view name;
  bool is_number;
};
constexpr std::array kFields = {
    FieldName{CardField::kAccountNumber, "account_number", true},
    FieldName{CardField::kCardholderName, "cardholder_name", false},
    FieldName{CardField::kExpiryMonth, "expiry_month", true},
    FieldName{CardField::kExpiryYear, "expiry_year", true},
    FieldName{CardField::kSecurityCode, "security_code", false},
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::unexpected<base::Error> At(std::size_t byte, const std::string& what) {
  return base::Invalid("/body", "at byte " + std::to_string(byte) + ": " + what);
}

// Writes escaped text into memory that is large enough for it.
class Writer {
 public:
  explicit Writer(std::size_t most) : bytes_(SecretBytes::OfSize(most)) {}

  void Raw(std::string_view text) {
    CHECK(size_ + text.size() <= bytes_.size());
    std::memcpy(bytes_.data() + size_, text.data(), text.size());
    size_ += text.size();
  }
  void Escaped(std::string_view text, BodyKind kind) {
    for (const char c : text) Escaped(c, kind);
  }
  SecretBytes Take() {
    bytes_.Truncate(size_);
    return std::move(bytes_);
  }

 private:
  void Hex(std::string_view before, char c) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<std::uint8_t>(c);
    Raw(before);
    Raw(kDigits.substr(byte >> 4U, 1));
    Raw(kDigits.substr(byte & 15U, 1));
  }
  void Escaped(char c, BodyKind kind) {
    const bool is_control = static_cast<std::uint8_t>(c) < 0x20;
    switch (kind) {
      case BodyKind::kJson:
        if (c == '"' || c == '\\') Raw("\\");
        if (is_control) return Hex("\\u00", c);
        return Raw({&c, 1});
      case BodyKind::kForm: {
        const bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                              (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
        if (is_plain) return Raw({&c, 1});
        return c == ' ' ? Raw("+") : Hex("%", c);
      }
      case BodyKind::kXml:
        if (is_control) return;  // XML 1.0 has no way to write them
        return c == '&'    ? Raw("&amp;")
               : c == '<'  ? Raw("&lt;")
               : c == '>'  ? Raw("&gt;")
               : c == '"'  ? Raw("&quot;")
               : c == '\'' ? Raw("&#39;")
                           : Raw({&c, 1});
    }
  }

  SecretBytes bytes_;
  std::size_t size_ = 0;
};

constexpr std::size_t kLongestEscape = 6;
constexpr std::size_t kLongestValue = 128 * kLongestEscape;

}  // namespace

std::string_view ToString(CardField field) {
  return std::ranges::find(kFields, field, &FieldName::field)->name;
}

// Walks over the text. In JSON it knows where strings begin and end, because a value may stand
// nowhere else.
class TemplateReader {
 public:
  TemplateReader(std::string_view text, BodyKind kind) : text_(text) { result_.kind_ = kind; }

  base::Result<ForwardTemplate> Read() {
    const bool is_json = result_.kind_ == BodyKind::kJson;
    while (at_ < text_.size()) {
      if (is_json && text_[at_] == '"') {
        Quote();
      } else if (is_json && in_string_ && text_[at_] == '\\') {
        Copy(2);
      } else if (text_.substr(at_).starts_with("{{") && (in_string_ || !is_json)) {
        if (auto taken = Placeholder(is_json); !taken) return std::unexpected(taken.error());
        continue;
      } else {
        Copy(1);
      }
      if (misplaced_) return At(*misplaced_, "a placeholder cannot be a member's name");
    }
    result_.parts_.push_back({.text = std::move(literal_)});
    return std::move(result_);
  }

 private:
  void Copy(std::size_t count) {
    literal_ += text_.substr(at_, count);
    at_ = std::min(at_ + count, text_.size());
  }

  void Quote() {
    Copy(1);
    in_string_ = !in_string_;
    if (in_string_) {
      string_begin_ = at_;
      placeholder_in_string_.reset();
      return;
    }
    const std::size_t next = text_.find_first_not_of(" \t\r\n", at_);
    const bool is_name = next != std::string_view::npos && text_[next] == ':';
    if (is_name && placeholder_in_string_) misplaced_ = placeholder_in_string_;
  }

  base::Status Placeholder(bool is_json) {
    const std::size_t begin = at_;
    const std::string_view rest = text_.substr(begin + 2);
    const std::size_t end = rest.substr(0, kLongestPlaceholder).find("}}");
    const std::string_view inside = rest.substr(0, end == std::string_view::npos ? 0 : end);
    if (end == std::string_view::npos || inside.find('"') != std::string_view::npos) {
      return At(begin, "the placeholder is not closed");
    }
    const std::size_t bar = inside.find('|');
    const auto* known = std::ranges::find(kFields, Trim(inside.substr(0, bar)), &FieldName::name);
    if (known == kFields.end()) {
      return At(begin,
                "no such placeholder; there are account_number, cardholder_name, expiry_month, "
                "expiry_year and security_code");
    }
    const bool unwrap = bar != std::string_view::npos;
    if (unwrap && Trim(inside.substr(bar + 1)) != "unwrap") {
      return At(begin, "the only filter is unwrap");
    }
    if (unwrap && !known->is_number) {
      return At(begin, std::string(known->name) + " is no number, so it cannot be unwrapped");
    }
    if (result_.parts_.size() >= kMostPlaceholders) return At(begin, "too many placeholders");
    at_ = begin + 2 + end + 2;
    if (unwrap && is_json) {
      const bool is_alone = begin == string_begin_ && at_ < text_.size() && text_[at_] == '"';
      if (!is_alone) return At(begin, "what is unwrapped must stand alone in its string");
      const std::size_t next = text_.find_first_not_of(" \t\r\n", at_ + 1);
      if (next != std::string_view::npos && text_[next] == ':') {
        return At(begin, "a placeholder cannot be a member's name");
      }
      literal_.pop_back();  // the quotes go
      ++at_;
      in_string_ = false;
    } else {
      placeholder_in_string_ = begin;
    }
    result_.parts_.push_back({std::exchange(literal_, {}), true, known->field, unwrap});
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool in_string_ = false;
  std::size_t string_begin_ = 0;
  std::optional<std::size_t> placeholder_in_string_;
  std::optional<std::size_t> misplaced_;
  std::string literal_;
  ForwardTemplate result_;
};

base::Result<ForwardTemplate> ForwardTemplate::Parse(std::string_view text, BodyKind kind) {
  if (kind == BodyKind::kJson) {
    if (auto json = base::ParseJson(text, kJsonLimits); !json) {
      return base::Invalid("/body", "is not JSON: " + json.error().message);
    }
  }
  return TemplateReader(text, kind).Read();
}

bool ForwardTemplate::Uses(CardField field) const {
  return std::ranges::any_of(
      parts_, [field](const Part& part) { return part.has_value && part.field == field; });
}

SecretBytes ForwardTemplate::Render(const domain::Card& card, const SecretBytes& code) const {
  std::size_t most = 1;
  for (const Part& part : parts_) most += part.text.size() + (part.has_value ? kLongestValue : 0);
  Writer writer(most);
  for (const Part& part : parts_) {
    writer.Raw(part.text);
    if (!part.has_value) continue;
    const std::string month = std::to_string(card.expiry_month);
    switch (part.field) {
      case CardField::kAccountNumber:
        writer.Escaped(card.account_number.text(), kind_);
        break;
      case CardField::kCardholderName:
        writer.Escaped(card.cardholder_name.text(), kind_);
        break;
      case CardField::kExpiryMonth:
        if (!part.unwrap && month.size() == 1) writer.Raw("0");
        writer.Raw(month);
        break;
      case CardField::kExpiryYear:
        writer.Raw(std::to_string(card.expiry_year));
        break;
      case CardField::kSecurityCode:
        writer.Escaped(code.text(), kind_);
        break;
    }
  }
  return writer.Take();
}

std::vector<std::string> ForwardTemplate::BeforeCode() const {
  std::vector<std::string> before;
  for (const Part& part : parts_) {
    if (part.has_value && part.field == CardField::kSecurityCode) before.push_back(part.text);
  }
  return before;
}

}  // namespace obolus::vault
