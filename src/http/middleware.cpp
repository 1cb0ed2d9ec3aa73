#include "http/middleware.h"

#include <algorithm>

#include "base/url.h"

namespace obolus::http {
namespace {

using base::ErrorCode;

bool HasOneOf(const net::ClientCertificate& certificate, const std::vector<std::string>& names) {
  const auto allowed = [&](const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  if (certificate.dns_names.empty()) return allowed(certificate.subject_common_name);
  return std::ranges::any_of(certificate.dns_names, allowed);
}

std::string NameOf(const net::ClientCertificate& certificate) {
  const bool unnamed = certificate.subject_common_name.empty() && !certificate.dns_names.empty();
  return unnamed ? certificate.dns_names.front() : certificate.subject_common_name;
}

bool Refuse(Exchange& exchange, ErrorCode code, std::string message) {
  exchange.Refuse({code, std::move(message), {}, std::nullopt});
  return false;
}

bool AdmitCertificate(const CallerPolicy& policy, Exchange& exchange) {
  const auto& certificate = exchange.request.peer.certificate;
  if (!certificate) return true;
  if (!policy.allowed_names.empty() && !HasOneOf(*certificate, policy.allowed_names)) {
    return Refuse(exchange, ErrorCode::kForbidden, "this client certificate is not allowed here");
  }
  const auto further = policy.allowed_names_for.find(exchange.scope);
  if (further == policy.allowed_names_for.end() || HasOneOf(*certificate, further->second)) {
    return true;
  }
  return Refuse(exchange, ErrorCode::kForbidden,
                "this client certificate does not have the scope " +
                    std::string(app::ToString(exchange.scope)));
}

// What is known of a key: that it may do this, or the refusal that was sent.
bool AdmitKey(const std::optional<ApiKeyRing::Match>& match, app::Scope scope, Exchange& exchange) {
  if (!match) {
    return Refuse(exchange, ErrorCode::kUnauthorized, "the API key in x-api-key is not known");
  }
  if (!match->active) {
    return Refuse(exchange, ErrorCode::kUnauthorized, "the API key in x-api-key has ended");
  }
  if (app::Allows(match->key, scope)) return true;
  return Refuse(exchange, ErrorCode::kForbidden,
                "this API key does not have the scope " + std::string(app::ToString(scope)));
}

bool Admit(const CallerPolicy& policy, const ApiKeyRing& keys, Exchange& exchange) {
  if (!AdmitCertificate(policy, exchange)) return false;
  const auto& certificate = exchange.request.peer.certificate;
  const std::string* key = exchange.request.headers.Find("x-api-key");
  const bool by_key = key != nullptr && policy.rule != CallerRule::kCertificate;
  const auto match = by_key ? keys.Find(*key) : std::nullopt;
  if (by_key && !AdmitKey(match, exchange.scope, exchange)) return false;
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
  exchange.caller = by_key ? ApiKeyRing::CallerOf(match->key) : "cn:" + NameOf(*certificate);
  return true;
}

std::optional<std::string> OperatorKeyOf(const net::HttpRequest& request) {
  constexpr std::string_view kBearer = "Bearer ";
  if (const std::string* key = request.headers.Find("x-api-key")) return *key;
  const std::string* value = request.headers.Find("Authorization");
  if (value == nullptr || !value->starts_with(kBearer)) return std::nullopt;
  return value->substr(kBearer.size());
}

}  // namespace

Guard RequireCaller(CallerPolicy policy, const ApiKeyRing& keys) {
  return [policy = std::move(policy), &keys](Exchange& exchange) {
    return Admit(policy, keys, exchange);
  };
}

Guard RequireOperatorKey(const ApiKeyRing& keys) {
  return [&keys](Exchange& exchange) {
    const std::string& path = exchange.request.path;
    if (path == "/healthz" || path == "/readyz") return true;
    const auto key = OperatorKeyOf(exchange.request);
    if (!key)
      return Refuse(exchange, ErrorCode::kUnauthorized, "an API key in x-api-key is needed");
    const auto match = keys.Find(*key);
    if (!AdmitKey(match, app::Scope::kOperator, exchange)) return false;
    exchange.caller = ApiKeyRing::CallerOf(match->key);
    return true;
  };
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
