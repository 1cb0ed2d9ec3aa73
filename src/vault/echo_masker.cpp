#include "vault/echo_masker.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "base/encoding.h"

namespace obolus::vault {
namespace {

using base::SecretBytes;

// As far back as a decision looks, and as far ahead: 19 digits of six bytes each with two
// separators of six before each but the first.
constexpr std::size_t kBack = 64;
constexpr std::size_t kAhead = 400;
constexpr std::size_t kBuffer = 4096;
constexpr std::size_t kHintWithin = 48;
constexpr std::size_t kBeforeCode = 16;
constexpr std::size_t kFewestDigits = 9;  // of a number that was cut short
constexpr std::size_t kShownDigits = 4;

// One character as it was written: "4", "%34", "\u0034", "&#52;", "&#x34;".
struct Unit {
  char c = 0;
  std::size_t length = 0;
};

int HexOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<int> HexByte(std::string_view text) {
  if (text.size() < 2 || HexOf(text[0]) < 0 || HexOf(text[1]) < 0) return std::nullopt;
  return HexOf(text[0]) * 16 + HexOf(text[1]);
}

std::optional<Unit> Entity(std::string_view text) {
  const std::size_t end = text.substr(0, 7).find(';');
  if (end == std::string_view::npos || end < 3) return std::nullopt;
  std::string_view digits = text.substr(2, end - 2);
  const bool is_hex = digits.front() == 'x' || digits.front() == 'X';
  if (is_hex) digits.remove_prefix(1);
  int value = 0;
  for (const char digit : digits) {
    if (HexOf(digit) < 0 || (!is_hex && HexOf(digit) > 9)) return std::nullopt;
    value = value * (is_hex ? 16 : 10) + HexOf(digit);
  }
  if (digits.empty() || value > 127) return std::nullopt;
  return Unit{static_cast<char>(value), end + 1};
}

Unit ReadUnit(std::string_view text) {
  if (text.empty()) return {};
  if (text[0] == '%') {
    if (const auto byte = HexByte(text.substr(1))) return {static_cast<char>(*byte), 3};
  }
  if (text.starts_with("\\u00")) {
    if (const auto byte = HexByte(text.substr(4))) return {static_cast<char>(*byte), 6};
  }
  if (text.starts_with("&#")) {
    if (const auto unit = Entity(text)) return *unit;
  }
  return {text[0], 1};
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// What people and programs put between the groups of a number, UTF-16's zeroes among them.
bool IsSeparator(char c) {
  return c == ' ' || c == '-' || c == '.' || c == '_' || c == '+' || c == '\t' || c == '\0' ||
         c == '/';
}

struct Digit {
  std::size_t at = 0;  // of its unit, and how long that is
  std::size_t length = 0;
};

// The longest beginning of `number` that stands at the beginning of `text`.
std::size_t Match(std::string_view text, std::string_view number, std::array<Digit, 32>& digits) {
  std::size_t at = 0;
  std::size_t count = 0;
  while (count < number.size() && count < digits.size()) {
    std::size_t next = at;
    for (int i = 0; i < 2 && count > 0; ++i) {
      const Unit unit = ReadUnit(text.substr(next));
      if (unit.length == 0 || !IsSeparator(unit.c)) break;
      next += unit.length;
    }
    const Unit unit = ReadUnit(text.substr(next));
    if (unit.length == 0 || unit.c != number[count]) break;
    digits.at(count++) = {next, unit.length};
    at = next + unit.length;
  }
  return count;
}

// The characters of base64 that a text decides alone when `before` bytes stand before it.
std::string Base64Of(std::string_view text, std::size_t before) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string characters;
  const std::size_t first = (before * 8 + 5) / 6;
  const std::size_t last = (before + text.size()) * 8 / 6;
  for (std::size_t i = first; i < last; ++i) {
    unsigned value = 0;
    for (std::size_t bit = i * 6; bit < i * 6 + 6; ++bit) {
      const auto byte = static_cast<std::uint8_t>(text[bit / 8 - before]);
      value = value * 2 + ((byte >> (7 - bit % 8)) & 1U);
    }
    characters += kAlphabet[value];
  }
  return characters;
}

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void Wipe(std::string& text) {
  base::WipeMemory(text.data(), text.size());
}

}  // namespace

EchoMasker::EchoMasker(const SecretBytes& account_number, const SecretBytes& code,
                       const std::vector<std::string>& before_code)
    : number_(account_number.Clone()),
      code_(code.Clone()),
      buffer_(SecretBytes::OfSize(kBuffer)),
      data_(buffer_.data()) {
  AddEncoded(number_.text());
  if (!code_.empty()) AddNeedles(code, before_code);
}

void EchoMasker::AddEncoded(std::string_view text) {
  for (std::size_t before = 0; before < 3; ++before) {
    std::string characters = Base64Of(text, before);
    needles_.push_back({SecretBytes(std::string_view(characters)), 0, true});
    std::string url_safe = characters;
    for (char& c : url_safe) c = c == '+' ? '-' : c == '/' ? '_' : c;
    if (url_safe != characters) {
      needles_.push_back({SecretBytes(std::string_view(url_safe)), 0, true});
    }
    Wipe(characters);
    Wipe(url_safe);
  }
  std::string hex = base::EncodeHex(base::AsBytes(text));
  std::string upper = hex;
  for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 0x20) : c;
  needles_.push_back({SecretBytes(std::string_view(hex)), 0, false});
  if (upper != hex) needles_.push_back({SecretBytes(std::string_view(upper)), 0, false});
  Wipe(hex);
  Wipe(upper);
}

void EchoMasker::AddNeedles(const SecretBytes& code, const std::vector<std::string>& before_code) {
  for (const std::string& whole : before_code) {
    std::string text = whole.substr(whole.size() - std::min(whole.size(), kBeforeCode));
    if (text.size() < 2) continue;
    const std::size_t shown = text.size();
    text += code.text();
    AddEncoded(text);
    needles_.push_back({SecretBytes(std::string_view(text)), shown, false});
    Wipe(text);
  }
}

void EchoMasker::Feed(std::string_view piece, std::string* out) {
  while (!piece.empty()) {
    const std::size_t count = std::min(piece.size(), kBuffer - size_);
    std::memcpy(data_ + size_, piece.data(), count);
    size_ += count;
    piece.remove_prefix(count);
    Work(false, out);
  }
}

void EchoMasker::Finish(std::string* out) {
  Work(true, out);
  base::WipeMemory(data_, kBuffer);
  size_ = at_ = 0;
}

// Each byte is decided with the same view of what stands around it, however the pieces came.
void EchoMasker::Work(bool is_last, std::string* out) {
  while (at_ < size_ && (is_last || size_ - at_ >= kAhead)) {
    if (MaskNumber(out) || MaskNeedle(out) || MaskCode(out)) {
      ++hits_;
      continue;
    }
    const char c = View()[at_++];
    if (!has_begun_ && !IsSpace(c)) {
      has_begun_ = true;
      is_json_ = c == '{' || c == '[';
    }
    out->push_back(c);
  }
  if (at_ <= kBack) return;
  const std::size_t gone = at_ - kBack;
  std::memmove(data_, data_ + gone, size_ - gone);
  base::WipeMemory(data_ + size_ - gone, gone);
  size_ -= gone;
  at_ = kBack;
}

bool EchoMasker::MaskNumber(std::string* out) {
  const std::string_view text = View().substr(at_);
  std::array<Digit, 32> digits{};
  const std::size_t count = Match(text, number_.text(), digits);
  const bool is_whole = count == number_.size();
  if (!is_whole && count < std::min(kFewestDigits, number_.size())) return false;
  const std::size_t end = digits.at(count - 1).at + digits.at(count - 1).length;
  // A JSON number that is masked is no number any more: in quotes it is at least a value.
  std::size_t before = at_;
  while (before > 0 && at_ - before < 8 && IsSpace(View()[before - 1])) --before;
  const bool may_be_number = is_json_ && end == count && before > 0 &&
                             std::string_view(":[,").contains(View()[before - 1]);
  const bool ends =
      end >= text.size() || IsSpace(text[end]) || std::string_view(",]}").contains(text[end]);
  const bool is_number = may_be_number && ends;
  if (is_number) out->push_back('"');
  std::size_t next = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Digit& digit = digits.at(i);
    out->append(text.substr(next, digit.at - next));
    if (is_whole && i + kShownDigits >= count) {
      out->append(text.substr(digit.at, digit.length));
    } else {
      out->push_back('*');
    }
    next = digit.at + digit.length;
  }
  if (is_number) out->push_back('"');
  has_begun_ = true;
  at_ += end;
  return true;
}

bool EchoMasker::MaskNeedle(std::string* out) {
  const std::string_view text = View().substr(at_);
  for (const Needle& needle : needles_) {
    const std::string_view wanted = needle.text.text();
    std::size_t at = 0;
    std::size_t count = 0;
    std::size_t breaks = 0;
    while (count < wanted.size() && at < text.size()) {
      if (needle.wraps && count > 0 && breaks < 6 && (text[at] == '\r' || text[at] == '\n')) {
        ++breaks;
      } else if (text[at] == wanted[count]) {
        ++count;
      } else {
        break;
      }
      ++at;
    }
    if (count < wanted.size()) continue;
    out->append(text.substr(0, needle.shown));
    out->append(at - needle.shown, '*');
    has_begun_ = true;
    at_ += at;
    return true;
  }
  return false;
}

// A few digits stand in many places for other things, such as an amount: only where something near
// says what they are, and never within a longer number.
bool EchoMasker::MaskCode(std::string* out) {
  if (code_.empty()) return false;
  const std::string_view text = View().substr(at_);
  std::array<Digit, 32> digits{};
  if (Match(text, code_.text(), digits) < code_.size()) return false;
  const std::size_t end = digits.at(code_.size() - 1).at + digits.at(code_.size() - 1).length;
  if (IsDigit(ReadUnit(text.substr(end)).c)) return false;
  const std::string_view before = View().substr(0, at_);
  const auto ends_with_unit = [&](std::size_t length, std::string_view mark) {
    return before.size() >= length && before.substr(before.size() - length).starts_with(mark) &&
           ReadUnit(before.substr(before.size() - length)).length == length;
  };
  char previous = before.empty() ? '\0' : before.back();
  if (ends_with_unit(3, "%")) previous = ReadUnit(before.substr(before.size() - 3)).c;
  if (ends_with_unit(6, "\\u")) previous = ReadUnit(before.substr(before.size() - 6)).c;
  if (IsDigit(previous) || !IsNamedAsCode()) return false;
  const bool is_number =
      is_json_ && end == code_.size() &&
      (previous == ':' || previous == ' ' || previous == ',' || previous == '[') &&
      (end >= text.size() || IsSpace(text[end]) || std::string_view(",]}").contains(text[end]));
  if (is_number) out->push_back('"');
  out->append(code_.size(), '*');
  if (is_number) out->push_back('"');
  has_begun_ = true;
  at_ += end;
  return true;
}

bool EchoMasker::IsNamedAsCode() const {
  constexpr std::array<std::string_view, 10> kNames = {
      "cvc",      "cvv",      "cvn",       "csc",          "cav2",
      "security", "cardcode", "card_code", "verification", "card code"};
  std::array<char, kHintWithin> near{};
  const std::size_t count = std::min(at_, kHintWithin);
  for (std::size_t i = 0; i < count; ++i) {
    const char c = View()[at_ - count + i];
    near.at(i) = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  const std::string_view text(near.data(), count);
  return std::ranges::any_of(kNames, [&](std::string_view name) { return text.contains(name); });
}

}  // namespace obolus::vault
