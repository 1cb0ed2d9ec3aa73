#include "net/request_rules.h"

#include <algorithm>
#include <array>

namespace obolus::net {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET",   "HEAD",   "POST",   "PUT",
                                                      "PATCH", "DELETE", "OPTIONS"};
constexpr std::size_t kMostHost = 255 + 6;  // a name and a port

// Of the absolute form, behind the scheme; empty: another form.
std::string_view BehindScheme(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() >= scheme.size() &&
        EqualsIgnoreCase(target.substr(0, scheme.size()), scheme)) {
      return target.substr(scheme.size());
    }
  }
  return {};
}

// What the router matches: the path of an absolute-form target as well. Empty: neither form.
std::string_view OriginForm(std::string_view target) {
  if (target.starts_with('/') || target == "*") return target;
  const std::string_view rest = BehindScheme(target);
  if (rest.empty()) return {};
  const std::size_t slash = rest.find_first_of("/?");
  if (slash == std::string_view::npos) return "/";
  return rest[slash] == '/' ? rest.substr(slash) : std::string_view{};
}

bool IsTargetCharacter(char c) {
  return c > ' ' && c < 0x7f && c != '#';
}

bool IsHostCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._~%:[]").contains(c);
}

bool IsPort(std::string_view text) {
  return text.size() <= 5 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsHost(std::string_view host) {
  if (host.empty() || host.size() > kMostHost || !std::ranges::all_of(host, IsHostCharacter)) {
    return false;
  }
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view rest = host.substr(end + 1);
    return rest.empty() || (rest.starts_with(':') && IsPort(rest.substr(1)));
  }
  const std::size_t colon = host.find(':');
  if (colon == 0 || host.find_first_of("[]") != std::string_view::npos) return false;
  return colon == std::string_view::npos || IsPort(host.substr(colon + 1));
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

// Of a header's line, or what is not a line of one; empty: nothing.
std::string_view FaultOf(std::string_view line) {
  if (line.contains('\r')) return "lines must end in CR LF";
  const bool control = std::ranges::any_of(
      line, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; });
  return control ? "a control character is not accepted" : "";
}

}  // namespace

std::optional<Refusal> CheckHeaderLines(std::string_view header) {
  std::size_t lines = 0;
  while (!header.empty()) {
    const std::size_t end = header.find('\n');
    if (end == std::string_view::npos || end == 0 || header[end - 1] != '\r') {
      return Refusal{400, "lines must end in CR LF", {}};
    }
    const std::string_view line = header.substr(0, end - 1);
    header.remove_prefix(end + 1);
    if (const auto fault = FaultOf(line); !fault.empty()) {
      return Refusal{400, std::string(fault), {}};
    }
    if (lines++ == 0 || line.empty()) continue;
    if (line.starts_with(' ') || line.starts_with('\t')) {
      return Refusal{400, "a folded header is not accepted", {}};
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) {
      return Refusal{400, "a header field is malformed", {}};
    }
    if (lines > kMostFields + 1) return Refusal{431, "the header has too many fields", {}};
  }
  return std::nullopt;
}

std::optional<Refusal> ReadRequestLine(std::string_view method, std::string_view target,
                                       HttpRequest& request) {
  if (std::ranges::find(kMethods, method) == kMethods.end()) {
    const bool upper =
        !method.empty() && std::ranges::all_of(method, [](char c) { return c >= 'A' && c <= 'Z'; });
    return upper ? Refusal{501, "this method is not implemented", {}}
                 : Refusal{400, "the method is malformed", {}};
  }
  if (target.size() > kMostTarget) return Refusal{414, "the request target is too long", {}};
  const std::string_view origin = OriginForm(target);
  if (origin.empty() || (origin == "*" && method != "OPTIONS") ||
      !std::ranges::all_of(target, IsTargetCharacter)) {
    return Refusal{400, "the request target is malformed", {}};
  }
  request.method = method;
  request.target = target;
  const std::size_t question = origin.find('?');
  request.path = origin.substr(0, question);
  if (question != std::string_view::npos) request.query = origin.substr(question + 1);
  return std::nullopt;
}

std::optional<Refusal> CheckHost(std::string_view host, std::string_view target) {
  if (!IsHost(host)) return Refusal{400, "the host header is malformed", {}};
  const std::string_view rest = BehindScheme(target);
  if (rest.empty()) return std::nullopt;
  if (EqualsIgnoreCase(rest.substr(0, rest.find_first_of("/?")), host)) return std::nullopt;
  return Refusal{400, "the host header is not the host of the request target", {}};
}

}  // namespace obolus::net
