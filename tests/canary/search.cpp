#include "canary/search.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "canary/encodings.h"

namespace obolus::canary {
namespace {

constexpr std::size_t kWindow = 7;         // digits that are looked up at once
constexpr std::size_t kSurely = 12;        // that many count wherever they stand
constexpr std::size_t kPackedDigits = 12;  // looked for as six bytes
constexpr std::size_t kWordStart = 8;      // of a name, looked up at once
constexpr std::size_t kLongestRun = 4096;  // digits in a row, then a new run
constexpr std::size_t kShortestHex = 2 * kWindow;
constexpr std::size_t kShortestBase64 = 10;
constexpr int kDeepest = 3;

std::uint32_t NumberOf(std::string_view digits) {
  std::uint32_t number = 0;
  for (const char c : digits) number = number * 10 + static_cast<std::uint32_t>(c - '0');
  return number;
}

std::uint64_t Key(std::string_view bytes, std::size_t stride = 1) {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < bytes.size(); i += stride) {
    key = key << 8U | static_cast<unsigned char>(bytes[i]);
  }
  return key;
}

std::string Reversed(std::string text) {
  std::ranges::reverse(text);
  return text;
}

std::string Packed(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>((digits[i] - '0') << 4 | (digits[i + 1] - '0'));
  }
  return bytes;
}

std::string Inside(const std::string& path, const char* encoding) {
  return path.empty() ? encoding : path + " > " + encoding;
}

}  // namespace

Searcher::Searcher(std::vector<Needle> needles, bool binary)
    : needles_(std::move(needles)),
      shortest_(binary ? 9 : kWindow),
      is_packed_(1U << 24U),
      is_word_(1U << 24U) {
  for (std::size_t n = 0; n < needles_.size(); ++n) {
    const auto index = static_cast<std::uint32_t>(n);
    const std::string& text = needles_[n].text;
    if (needles_[n].kind == Kind::kName && text.size() >= kWordStart) {
      std::string word = text.substr(0, kWordStart);
      std::ranges::transform(word, word.begin(), Lower);
      is_word_[Key(word.substr(0, 3))] = true;
      words_.emplace(Key(word), index);
      is_first_[static_cast<unsigned char>(word[0])] = true;
    }
    if (needles_[n].kind != Kind::kNumber) continue;
    for (const bool reversed : {false, true}) {
      const std::string digits = reversed ? Reversed(text) : text;
      for (std::size_t at = 0; at + kWindow <= digits.size(); ++at) {
        const std::uint32_t start = NumberOf(std::string_view(digits).substr(at, kWindow));
        is_start_[start] = true;
        starts_.emplace(start, Place{index, static_cast<std::uint8_t>(at), reversed});
      }
    }
    std::vector<std::string> sixes;
    for (std::size_t at = 0; at + kPackedDigits <= text.size(); ++at) {
      sixes.push_back(Packed(std::string_view(text).substr(at, kPackedDigits)));
    }
    const std::uint64_t number = std::stoull(text);
    std::string big(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) big[7 - i] = static_cast<char>(number >> (8 * i));
    sixes.push_back(big.substr(2));
    sixes.push_back(Reversed(big).substr(0, 6));
    for (const std::string& six : sixes) {
      is_packed_[Key(std::string_view(six).substr(0, 3))] = true;
      packed_.emplace(Key(six), index);
    }
  }
}

std::vector<Hit> Searcher::Search(std::string_view haystack) {
  hits_.clear();
  seen_.clear();
  Look(haystack, "", 0, 0);
  // A body that says deflate and has no header.
  const std::string raw = Inflated(haystack.substr(0, 1U << 20U), -15);
  if (raw.size() >= kWindow) Look(raw, "deflate", 0, 1);
  return std::move(hits_);
}

void Searcher::Look(std::string_view bytes, const std::string& path, std::size_t offset,
                    int depth) {
  LookForDigits(bytes, path, offset);
  LookForPacked(bytes, path, offset);
  LookForWords(bytes, path, offset);
  if (depth < kDeepest) LookInside(bytes, path, offset, depth);
}

void Searcher::LookForDigits(std::string_view bytes, const std::string& path, std::size_t offset) {
  std::string run;
  const char* how = "plain";
  std::size_t began = 0;
  char before = ' ';
  std::size_t i = 0;
  const auto end_run = [&] {
    const char after = i < bytes.size() ? bytes[i] : ' ';
    const bool alone = !IsAlnum(before) && !IsAlnum(after);
    if (run.size() >= kWindow) {
      CheckRun(run, alone, Inside(path, how), path.empty() ? began : offset);
    }
    run.clear();
    how = "plain";
  };
  while (i < bytes.size()) {
    if (run.empty() && !MayBeDigit(bytes[i])) {
      ++i;
      continue;
    }
    const Spelled spelled = SpelledDigit(bytes.substr(i));
    if (spelled.size > 0) {
      if (run.empty()) {
        began = i;
        before = i > 0 ? bytes[i - 1] : ' ';
      }
      run += spelled.digit;
      if (std::strcmp(spelled.how, "plain") != 0) how = spelled.how;
      i += spelled.size;
      if (run.size() >= kLongestRun) end_run();
      continue;
    }
    if (!run.empty()) {
      const Gap gap = GapAt(bytes.substr(i));
      const bool goes_on = gap.size > 0 && i + gap.size < bytes.size() &&
                           SpelledDigit(bytes.substr(i + gap.size)).size > 0;
      if (goes_on) {
        how = gap.how;
        i += gap.size;
        continue;
      }
      end_run();
    }
    ++i;
  }
  if (!run.empty()) end_run();
}

// `alone`: neither a letter nor a digit stands right before or after the run.
void Searcher::CheckRun(std::string_view digits, bool alone, const std::string& encoding,
                        std::size_t offset) {
  for (std::size_t at = 0; at + kWindow <= digits.size(); ++at) {
    const std::uint32_t start = NumberOf(digits.substr(at, kWindow));
    if (!is_start_[start]) continue;
    const auto [first, last] = starts_.equal_range(start);
    for (auto place = first; place != last; ++place) {
      const auto& [needle, in_needle, reversed] = place->second;
      const std::string whole = reversed ? Reversed(needles_[needle].text) : needles_[needle].text;
      std::size_t size = kWindow;
      while (at + size < digits.size() && in_needle + size < whole.size() &&
             digits[at + size] == whole[in_needle + size]) {
        ++size;
      }
      const bool is_all = alone && at == 0 && size == digits.size();
      if (size < kSurely && (!is_all || size < shortest_)) continue;
      Found(Kind::kNumber, needle, reversed ? encoding + " reversed" : encoding, size, offset);
    }
  }
}

void Searcher::LookForPacked(std::string_view bytes, const std::string& path, std::size_t offset) {
  for (std::size_t i = 0; i + 6 <= bytes.size(); ++i) {
    if (!is_packed_[Key(bytes.substr(i, 3))]) continue;
    const auto found = packed_.find(Key(bytes.substr(i, 6)));
    if (found == packed_.end()) continue;
    Found(Kind::kNumber, found->second, Inside(path, "packed"), kPackedDigits,
          path.empty() ? i : offset);
  }
}

// Names, and security codes after what they are called.
void Searcher::LookForWords(std::string_view bytes, const std::string& path, std::size_t offset) {
  std::string lower(bytes);
  std::ranges::transform(lower, lower.begin(), Lower);
  const std::string_view text = lower;
  const auto word_at = [&](std::size_t i, std::size_t stride) {
    if (i + kWordStart * stride > text.size()) return;
    const std::string_view window = text.substr(i, kWordStart * stride);
    if (!is_word_[Key(window.substr(0, 3 * stride), stride)]) return;
    const auto found = words_.find(Key(window, stride));
    if (found == words_.end()) return;
    Found(Kind::kName, found->second, Inside(path, stride == 1 ? "plain" : "UTF-16"), 0,
          path.empty() ? i : offset);
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_first_[static_cast<unsigned char>(text[i])]) {
      word_at(i, 1);
      word_at(i, 2);
    }
    if (text[i] != 's' && text[i] != 'c') continue;
    std::size_t label = 0;
    for (const std::string_view name : {"security_code", "securitycode", "cvc", "cvv"}) {
      if (text[i] == name[0] && text.substr(i).starts_with(name)) label = name.size();
    }
    if (label == 0) continue;
    const std::string_view after = text.substr(i + label, 24);
    const std::size_t digit = after.find_first_of("0123456789");
    if (digit == std::string_view::npos) continue;
    const std::string_view code =
        after.substr(digit, after.find_first_not_of("0123456789", digit) - digit);
    for (std::size_t n = 0; n < needles_.size(); ++n) {
      if (needles_[n].kind != Kind::kCode || needles_[n].text != code) continue;
      Found(Kind::kCode, n, Inside(path, "plain"), code.size(), path.empty() ? i : offset);
    }
  }
}

void Searcher::LookInside(std::string_view bytes, const std::string& path, std::size_t offset,
                          int depth) {
  const auto look = [&](const std::string& decoded, const char* encoding, std::size_t at) {
    const int deeper = IsMostlyText(decoded) || IsDeflated(decoded) ? depth + 1 : kDeepest;
    if (!decoded.empty()) {
      Look(decoded, Inside(path, encoding), path.empty() ? at : offset, deeper);
    }
  };
  // The first byte of a zlib stream is "x", which ends a run of base64 as well.
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != 'x' && bytes[i] != '\x1f') continue;
    if (IsDeflated(bytes.substr(i))) look(Inflated(bytes.substr(i), 15 + 32), "gzip or zlib", i);
  }
  const auto end_of = [bytes](std::size_t i, int (*value)(char)) {
    while (i < bytes.size() && value(bytes[i]) >= 0) ++i;
    return i;
  };
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t end = end_of(i, HexValue);
    for (std::size_t skip = 0; skip < 2 && end - i >= kShortestHex; ++skip) {
      look(DecodeHex(bytes.substr(i + skip, end - i - skip)), "hex", i);
    }
    i = std::max(end, i + 1);
  }
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t end = end_of(i, Base64Value);
    for (std::size_t skip = 0; skip < 4 && end - i >= kShortestBase64; ++skip) {
      look(DecodeBase64(bytes.substr(i + skip, end - i - skip)), "base64", i);
    }
    i = std::max(end, i + 1);
  }
}

void Searcher::Found(Kind kind, std::size_t needle, std::string encoding, std::size_t digits,
                     std::size_t offset) {
  if (!seen_.emplace(needle, encoding).second) return;
  hits_.push_back({kind, needle, std::move(encoding), digits, offset});
}

}  // namespace obolus::canary
