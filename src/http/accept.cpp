#include "http/accept.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/url.h"
#include "net/http_message.h"

namespace obolus::http {
namespace {

// A header of an honest browser has a dozen elements.
constexpr std::size_t kMaxElements = 32;

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kStandIns = {
    {{"no", "nb"}, {"nn", "nb"}, {"iw", "he"}}};

struct Weighted {
  std::string_view value;
  int weight;  // thousandths
};

std::string_view Trim(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view TakeUntil(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return Trim(part);
}

// RFC 9110 §12.4.2: "0", "0.5", "1.000".
std::optional<int> ReadWeight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = (text[0] - '0') * 1000;
  int place = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    weight += (c - '0') * place;
    place /= 10;
  }
  return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

std::vector<Weighted> ReadList(std::string_view header) {
  std::vector<Weighted> list;
  while (!header.empty() && list.size() < kMaxElements) {
    std::string_view element = TakeUntil(header, ',');
    const std::string_view value = TakeUntil(element, ';');
    element = Trim(element);
    std::optional<int> weight = 1000;
    if (element.starts_with("q=") || element.starts_with("Q=")) {
      weight = ReadWeight(Trim(element.substr(2)));
    }
    if (!value.empty() && weight) list.push_back({value, *weight});
  }
  return list;
}

// The tag of `languages` for the longest beginning of `range` that there is one for.
std::string_view Lookup(std::span<const std::string> languages, std::string_view range) {
  while (!range.empty()) {
    for (const std::string& tag : languages) {
      if (net::EqualsIgnoreCase(tag, range)) return tag;
    }
    for (const auto& [asked, served] : kStandIns) {
      if (net::EqualsIgnoreCase(asked, range)) return Lookup(languages, served);
    }
    std::size_t end = range.rfind('-');
    // RFC 4647 §3.4: a single letter or digit goes with what follows it.
    if (end != std::string_view::npos && end >= 2 && range[end - 2] == '-') end -= 2;
    range = range.substr(0, end == std::string_view::npos ? 0 : end);
  }
  return "";
}

}  // namespace

std::string_view ChooseLanguage(std::span<const std::string> languages,
                                std::span<const std::string> wishes,
                                std::string_view accept_language) {
  for (const std::string& wish : wishes) {
    if (const auto found = Lookup(languages, wish); !found.empty()) return found;
  }
  std::string_view best = "en";
  int best_weight = 0;
  for (const Weighted& range : ReadList(accept_language)) {
    const auto found = range.value == "*" ? "en" : Lookup(languages, range.value);
    if (found.empty() || range.weight <= best_weight) continue;
    best = found;
    best_weight = range.weight;
  }
  return best;
}

bool AcceptsGzip(std::string_view accept_encoding) {
  std::optional<int> gzip, identity, rest;
  for (const Weighted& coding : ReadList(accept_encoding)) {
    if (net::EqualsIgnoreCase(coding.value, "gzip")) gzip = coding.weight;
    if (net::EqualsIgnoreCase(coding.value, "identity")) identity = coding.weight;
    if (coding.value == "*") rest = coding.weight;
  }
  // What is not named gets "*"; the plain form needs no mention.
  const int wanted = gzip.value_or(rest.value_or(0));
  return wanted > 0 && wanted >= identity.value_or(0);
}

std::string QueryValue(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
      return base::PercentDecode(pair.substr(name.size() + 1), true).value_or("");
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return "";
}

}  // namespace obolus::http
