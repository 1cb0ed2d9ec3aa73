#include "cli/browser_url.h"

#include <algorithm>
#include <vector>

namespace obolus::cli {
namespace {

bool IsWeb(std::string_view scheme) {
  return scheme == "http" || scheme == "https";
}

// Control characters and spaces around it, and tabs and line breaks anywhere, do not count.
std::string Clean(std::string_view text) {
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  std::string clean;
  std::ranges::copy_if(text, std::back_inserter(clean),
                       [](char c) { return c != '\t' && c != '\n' && c != '\r'; });
  return clean;
}

// Backslashes are slashes before the query.
std::string Slashes(std::string text) {
  const auto end = std::ranges::find_if(text, [](char c) { return c == '?' || c == '#'; });
  std::replace(text.begin(), end, '\\', '/');
  return text.substr(0, text.find('#'));
}

std::string WithoutDots(std::string_view path) {
  const std::string_view query = path.substr(std::min(path.find('?'), path.size()));
  path.remove_suffix(query.size());
  std::vector<std::string_view> steps;
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    const std::string_view step = path.substr(at, slash - at);
    const bool last = slash == path.size();
    if (step == "..") {
      if (!steps.empty()) steps.pop_back();
      if (last) steps.push_back("");
    } else if (step != "." || last) {
      steps.push_back(step == "." ? "" : step);
    }
    at = slash + 1;
  }
  std::string out;
  for (const std::string_view step : steps) out.append("/").append(step);
  return (out.empty() ? "/" : out) + std::string(query);
}

// `rest` is what follows "scheme:", slashes and all.
std::string Absolute(const std::string& scheme, std::string_view rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  std::string path(rest.substr(end));
  if (!path.starts_with('/')) path.insert(0, "/");
  return scheme + "://" + LowerCase(rest.substr(0, end)) + WithoutDots(path);
}

}  // namespace

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string SchemeOf(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || colon == 0) return "";
  const std::string scheme = LowerCase(url.substr(0, colon));
  const bool valid =
      scheme[0] >= 'a' && scheme[0] <= 'z' && std::ranges::all_of(scheme, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
      });
  return valid ? scheme : "";
}

std::string OriginOf(std::string_view url) {
  const std::string scheme = SchemeOf(url);
  if (!IsWeb(scheme)) return scheme + ":";
  const std::size_t host = scheme.size() + 3;
  return std::string(url.substr(0, url.find_first_of("/?#", host)));
}

std::string ResolveReference(std::string_view base, std::string_view reference) {
  std::string clean = Clean(reference);
  const std::string scheme = SchemeOf(clean);
  const std::string base_scheme = SchemeOf(base);
  if (!scheme.empty() && !IsWeb(scheme)) return clean;
  std::string rest = Slashes(scheme.empty() ? clean : clean.substr(scheme.size() + 1));
  // "https:x.js" in a page of https is a relative reference.
  const bool absolute = !scheme.empty() && (scheme != base_scheme || rest.starts_with("//"));
  if (absolute) return Absolute(scheme, rest);
  if (rest.starts_with("//")) return Absolute(base_scheme, rest);
  const std::string origin = OriginOf(base);
  std::string path(base.substr(origin.size()));
  path = path.substr(0, path.find('#'));
  if (path.empty()) path = "/";
  if (rest.empty()) return origin + path;
  if (rest.starts_with('/')) return origin + WithoutDots(rest);
  path = path.substr(0, path.find('?'));
  if (rest.starts_with('?')) return origin + path + rest;
  return origin + WithoutDots(path.substr(0, path.rfind('/') + 1) + rest);
}

}  // namespace obolus::cli
