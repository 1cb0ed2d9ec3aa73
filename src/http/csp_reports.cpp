#include "http/csp_reports.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <mutex>

#include "base/json.h"
#include "base/log.h"

namespace obolus::http {
namespace {

namespace json = base::json;

constexpr std::size_t kMaxBytes = 16 * 1024;
constexpr std::size_t kMaxReports = 10;  // of one body
constexpr int kMaxBodiesPerMinute = 60;
constexpr std::size_t kMaxHostBytes = 255;
constexpr std::ptrdiff_t kMaxHostDigits = 11;  // a card number has twelve or more
constexpr std::string_view kOther = "other";

constexpr std::array<std::string_view, 25> kDirectives = {"base-uri",
                                                          "child-src",
                                                          "connect-src",
                                                          "default-src",
                                                          "font-src",
                                                          "form-action",
                                                          "frame-ancestors",
                                                          "frame-src",
                                                          "img-src",
                                                          "manifest-src",
                                                          "media-src",
                                                          "object-src",
                                                          "prefetch-src",
                                                          "report-to",
                                                          "report-uri",
                                                          "sandbox",
                                                          "script-src",
                                                          "script-src-attr",
                                                          "script-src-elem",
                                                          "style-src",
                                                          "style-src-attr",
                                                          "style-src-elem",
                                                          "trusted-types",
                                                          "worker-src",
                                                          "require-trusted-types-for"};

// What a blocked-uri is when it is no URL (CSP 3 §5.3; Trusted Types §4.4), and schemes without a
// host.
constexpr std::array<std::string_view, 12> kBlockedWords = {
    "inline", "eval", "wasm-eval", "self",       "trusted-types-policy", "trusted-types-sink",
    "data",   "blob", "about",     "filesystem", "chrome-extension",     "moz-extension"};

template <std::size_t N>
std::string_view OneOf(const std::array<std::string_view, N>& known, std::string_view text) {
  const auto found = std::ranges::find(known, text);
  return found == known.end() ? kOther : *found;
}

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' ||
         c == '[' || c == ']';
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// The origin of a URL that was blocked: a script of somebody else may have tried to send a card
// away in it, even as a host name. Session keys tell upper from lower case, so they do not survive.
std::string BlockedOrigin(std::string_view url) {
  const std::size_t colon = url.find(':');
  std::string scheme = LowerCase(url.substr(0, colon));
  const std::string_view word = OneOf(kBlockedWords, scheme);
  if (word != kOther) return std::string(word);
  static constexpr std::array<std::string_view, 4> kSchemes = {"https", "http", "wss", "ws"};
  if (OneOf(kSchemes, scheme) == kOther || !url.substr(colon).starts_with("://")) {
    return std::string(kOther);
  }
  std::string_view authority = url.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#\\"));
  const std::size_t user_info = authority.rfind('@');
  if (user_info != std::string_view::npos) authority.remove_prefix(user_info + 1);
  std::string host = LowerCase(authority);
  if (host.empty() || host.size() > kMaxHostBytes || !std::ranges::all_of(host, IsHostCharacter)) {
    return std::string(kOther);
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (std::ranges::count_if(host, is_digit) > kMaxHostDigits) {
    std::ranges::replace_if(host, is_digit, '#');
  }
  return scheme + "://" + host;
}

std::string_view PageOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return kOther;
  const std::size_t slash = url.find('/', scheme + 3);
  const std::string_view path = slash == std::string_view::npos ? "" : url.substr(slash);
  if (path.starts_with("/frame/v1/")) return "card_frame";
  if (path.starts_with("/checkout/")) return "checkout";
  if (path.starts_with("/3ds/")) return "3ds";
  return kOther;
}

std::string MemberOf(const json::object& report, std::string_view name) {
  const json::value* value = report.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

// CSP 2 spells members with hyphens and may have the whole directive, values and all, as
// violated-directive.
CspViolation FromCsp2(const json::object& report) {
  std::string directive = MemberOf(report, "effective-directive");
  if (directive.empty()) directive = MemberOf(report, "violated-directive");
  return {PageOf(MemberOf(report, "document-uri")),
          OneOf(kDirectives, std::string_view(directive).substr(0, directive.find(' '))),
          BlockedOrigin(MemberOf(report, "blocked-uri"))};
}

CspViolation FromReportingApi(const json::object& body) {
  return {PageOf(MemberOf(body, "documentURL")),
          OneOf(kDirectives, MemberOf(body, "effectiveDirective")),
          BlockedOrigin(MemberOf(body, "blockedURL"))};
}

bool IsReport(const net::HttpRequest& request) {
  const std::string* type = request.headers.Find("Content-Type");
  if (type == nullptr) return false;
  std::string_view media = std::string_view(*type).substr(0, type->find(';'));
  media = media.substr(0, media.find_last_not_of(" \t") + 1);
  return net::EqualsIgnoreCase(media, "application/csp-report") ||
         net::EqualsIgnoreCase(media, "application/reports+json");
}

// Counts and logs, within what a minute may cost.
class CspReportSink {
 public:
  CspReportSink(const base::Clock& clock, base::Metrics& metrics, app::AuditLog& audit)
      : clock_(clock), audit_(audit) {
    for (const char* outcome : {"read", "malformed", "dropped"}) {
      reports_[outcome] = metrics.AddCounter(
          "obolus_csp_reports_total", "Bodies posted to /csp-reports and what became of them.",
          {{"outcome", outcome}});
    }
    for (const std::string_view directive : kDirectives) Add(metrics, directive);
    Add(metrics, kOther);
  }

  void Take(const Exchange& exchange) {
    const std::string_view body = exchange.request.body;
    if (!MayRead()) return reports_.at("dropped").Add();
    const auto violations = ReadCspReports(body);
    if (!violations) return reports_.at("malformed").Add();
    reports_.at("read").Add();
    for (const CspViolation& violation : *violations) {
      violations_.find(violation.directive)->second.Add();
      using base::Field;
      base::Log(base::LogLevel::kWarn, "csp_violation",
                {{Field::kKind, violation.page},
                 {Field::kDetail, violation.directive},
                 {Field::kUrl, violation.blocked}});
      audit_.Record({.kind = domain::AuditKind::kTamperSuspected,
                     .success = false,
                     .actor = "shopper",
                     .origin = exchange.request.peer.address,
                     .object = "page:" + std::string(violation.page),
                     .details = {{"directive", std::string(violation.directive)},
                                 {"blocked", violation.blocked}}});
    }
  }

 private:
  void Add(base::Metrics& metrics, std::string_view directive) {
    violations_[directive] = metrics.AddCounter(
        "obolus_csp_violations_total", "Violations of a page's policy that browsers reported.",
        {{"directive", std::string(directive)}});
  }

  bool MayRead() {
    const auto minute = std::chrono::floor<std::chrono::minutes>(clock_.Now());
    const std::lock_guard lock(mutex_);
    if (minute != minute_) {
      minute_ = minute;
      read_ = 0;
    }
    return read_++ < kMaxBodiesPerMinute;
  }

  const base::Clock& clock_;
  app::AuditLog& audit_;
  std::map<std::string_view, base::Counter> reports_, violations_;
  std::mutex mutex_;
  std::chrono::sys_time<std::chrono::minutes> minute_;  // under mutex_
  int read_ = 0;                                        // in minute_; under mutex_
};

}  // namespace

base::Result<std::vector<CspViolation>> ReadCspReports(std::string_view body) {
  const auto parsed = base::ParseJson(body, {.max_bytes = kMaxBytes, .max_depth = 8});
  if (!parsed) return std::unexpected(parsed.error());
  std::vector<CspViolation> violations;
  if (const json::object* document = parsed->if_object()) {
    const json::value* report = document->if_contains("csp-report");
    if (report == nullptr || !report->is_object()) {
      return base::Fail(base::ErrorCode::kMalformed, "there is no csp-report");
    }
    violations.push_back(FromCsp2(report->get_object()));
    return violations;
  }
  if (!parsed->is_array()) return base::Fail(base::ErrorCode::kMalformed, "this is no report");
  for (const json::value& item : parsed->get_array()) {
    if (violations.size() == kMaxReports) break;
    if (base::FindString(item, "/type") != "csp-violation") continue;
    const json::value* report = base::FindPointer(item, "/body");
    if (report == nullptr || !report->is_object()) continue;
    violations.push_back(FromReportingApi(report->get_object()));
  }
  return violations;
}

void AddCspReportRoute(Router& router, const base::Clock& clock, base::Metrics& metrics,
                       app::AuditLog& audit) {
  auto sink = std::make_shared<CspReportSink>(clock, metrics, audit);
  router.Add({.method = "POST",
              .pattern = "/csp-reports",
              .handler =
                  [sink](Exchange exchange) {
                    if (!IsReport(exchange.request)) {
                      return exchange.Refuse({base::ErrorCode::kUnsupportedMediaType,
                                              "the body must be application/csp-report or "
                                              "application/reports+json",
                                              {},
                                              {}});
                    }
                    sink->Take(exchange);
                    exchange.Answer({.status = 204, .headers = {}, .body = {}});
                  },
              .max_body_bytes = kMaxBytes});
}

}  // namespace obolus::http
