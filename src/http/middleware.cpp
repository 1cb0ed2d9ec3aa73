#include "http/middleware.h"

#include <algorithm>

#include "base/url.h"

namespace obolus::http {
namespace {

using base::ErrorCode;

bool IsKnownKey(const CallerPolicy& policy, const std::string& key, base::Sha256Digest& digest) {
  digest = base::Sha256(base::AsBytes(key));
  bool known = false;
  for (const auto& allowed : policy.api_key_digests) {
    known = base::ConstantTimeEqual(allowed, digest) || known;
  }
  return known;
}

bool IsAllowedName(const CallerPolicy& policy, const net::ClientCertificate& certificate) {
  if (policy.allowed_names.empty()) return true;
  const auto allowed = [&](const std::string& name) {
    return std::ranges::find(policy.allowed_names, name) != policy.allowed_names.end();
  };
  return allowed(certificate.subject_common_name) ||
         std::ranges::any_of(certificate.dns_names, allowed);
}

bool Refuse(Exchange& exchange, ErrorCode code, const char* message) {
  exchange.Refuse({code, message, {}, std::nullopt});
  return false;
}

bool Admit(const CallerPolicy& policy, Exchange& exchange) {
  const auto& certificate = exchange.request.peer.certificate;
  if (certificate && !IsAllowedName(policy, *certificate)) {
    return Refuse(exchange, ErrorCode::kForbidden, "this client certificate is not allowed here");
  }
  const std::string* key = exchange.request.headers.Find("x-api-key");
  base::Sha256Digest digest{};
  const bool by_key = key != nullptr && IsKnownKey(policy, *key, digest);
  if (key != nullptr && !by_key && policy.rule != CallerRule::kCertificate) {
    return Refuse(exchange, ErrorCode::kUnauthorized, "the API key in x-api-key is not known");
  }
  const bool needs_key = policy.rule == CallerRule::kBoth || policy.rule == CallerRule::kApiKey;
  const bool needs_certificate =
      policy.rule == CallerRule::kBoth || policy.rule == CallerRule::kCertificate;
  if (needs_key && !by_key) {
    return Refuse(exchange, ErrorCode::kUnauthorized, "an API key in x-api-key is needed");
  }
  if ((needs_certificate || !by_key) && !certificate && !(needs_key && !needs_certificate)) {
    return Refuse(exchange, ErrorCode::kUnauthorized,
                  needs_certificate ? "a client certificate is needed"
                                    : "an API key in x-api-key or a client certificate is needed");
  }
  exchange.caller = by_key ? "key:" + base::EncodeHex(base::ByteView(digest).first(8))
                           : "cn:" + certificate->subject_common_name;
  return true;
}

}  // namespace

Guard RequireCaller(CallerPolicy policy) {
  return [policy = std::move(policy)](Exchange& exchange) { return Admit(policy, exchange); };
}

Guard RequireLocalCaller() {
  return [](Exchange& exchange) {
    const std::string* host = exchange.request.headers.Find("Host");
    const auto url = base::ParseUrl("http://" + (host != nullptr ? *host : ""),
                                    base::HttpPolicy::kHttpOnLoopback);
    if (!url) return Refuse(exchange, ErrorCode::kForbidden, "only local names are served here");
    const bool reads = exchange.request.method == "GET" || exchange.request.method == "HEAD";
    if (!reads && exchange.request.headers.Find("Origin") != nullptr) {
      return Refuse(exchange, ErrorCode::kForbidden, "web pages may not do this");
    }
    return true;
  };
}

void AddSafeHeaders(Router& router, const std::string& hsts) {
  router.AddHeader("X-Content-Type-Options", "nosniff");
  router.AddHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  router.AddHeader("Referrer-Policy", "no-referrer");
  if (!hsts.empty()) router.AddHeader("Strict-Transport-Security", hsts);
}

base::Status CheckJson(const net::HttpRequest& request) {
  const std::string* type = request.headers.Find("Content-Type");
  if (request.body.empty() || type == nullptr) return {};
  const std::string_view media = std::string_view(*type).substr(0, type->find(';'));
  const std::string_view trimmed = media.substr(0, media.find_last_not_of(" \t") + 1);
  if (net::EqualsIgnoreCase(trimmed, "application/json")) return {};
  return base::Fail(ErrorCode::kUnsupportedMediaType, "the body must be application/json");
}

}  // namespace obolus::http
