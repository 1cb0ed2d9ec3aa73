#include "sandbox/routes.h"

#include <cctype>
#include <utility>

#include "base/url.h"
#include "sandbox/problem.h"

namespace obolus::sandbox {
namespace {

std::vector<std::string> Split(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // '/'
    auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
  }
  return segments;
}

bool IsArgument(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool Matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path,
             std::vector<std::string>* arguments) {
  if (pattern.size() != path.size()) return false;
  arguments->clear();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!IsArgument(pattern[i])) {
      if (pattern[i] != path[i]) return false;
      continue;
    }
    auto decoded = base::PercentDecode(path[i]);
    if (!decoded || decoded->empty()) return false;
    arguments->push_back(std::move(*decoded));
  }
  return true;
}

std::string FindPair(std::string_view text, std::string_view name, bool plus_is_space) {
  while (!text.empty()) {
    auto end = text.find('&');
    std::string_view pair = text.substr(0, end);
    auto equals = pair.find('=');
    if (pair.substr(0, equals) == name && equals != std::string_view::npos) {
      return base::PercentDecode(pair.substr(equals + 1), plus_is_space).value_or("");
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return "";
}

}  // namespace

void Routes::Add(std::string_view method, std::string_view pattern, RouteHandler handler) {
  routes_.push_back({std::string(method), Split(pattern), std::move(handler)});
}

void Routes::Dispatch(net::HttpRequest request, net::Responder responder) const {
  if (request.path.empty() || request.path.front() != '/') {
    responder.Send(Problem(400, "MALFORMED", "The request target must be a path."));
    return;
  }
  auto path = Split(request.path);
  std::vector<std::string> arguments;
  std::string allow;
  const bool head = request.method == "HEAD";
  for (const auto& route : routes_) {
    if (!Matches(route.segments, path, &arguments)) continue;
    if (route.method == request.method || (head && route.method == "GET")) {
      route.handler({std::move(request), std::move(arguments), std::move(responder)});
      return;
    }
    if (!allow.empty()) allow += ", ";
    allow += route.method;
  }
  if (allow.empty()) {
    responder.Send(Problem(404, "NOT_FOUND", "There is nothing at this path."));
    return;
  }
  auto answer = Problem(405, "METHOD_NOT_ALLOWED", "This path answers " + allow + ".");
  answer.headers.Add("allow", allow);
  responder.Send(std::move(answer));
}

std::string QueryParameter(std::string_view query, std::string_view name) {
  return FindPair(query, name, true);
}

std::string FormField(std::string_view body, std::string_view name) {
  return FindPair(body, name, true);
}

std::string FormEncode(std::string_view value) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (char c : value) {
    auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace obolus::sandbox
