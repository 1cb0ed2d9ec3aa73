// Who may call: the commerce listener's API keys and client certificates, the operator listener's
// key, where one is wanted, and its protection against pages in a local browser. Each is one guard
// of a router. Any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "http/api_key_ring.h"
#include "http/router.h"

namespace obolus::http {

enum class CallerRule { kBoth, kEither, kApiKey, kCertificate };

struct CallerPolicy {
  CallerRule rule = CallerRule::kBoth;
  std::vector<base::Sha256Digest> api_key_digests;  // SHA-256 of the keys that are let in
  // Names of certificates; empty: any of the CA. A certificate's alternative names count, and its
  // common name only where it has none (RFC 9525).
  std::vector<std::string> allowed_names;
  // Further, for routes of that scope; a scope without an entry has no further rule.
  std::map<app::Scope, std::vector<std::string>> allowed_names_for = {};
};

// Sets Exchange::caller. Errors, in order: kForbidden (a certificate with another name),
// kUnauthorized (no or a wrong key, one whose time is over, no certificate where one is needed),
// kForbidden (a key without the route's scope, which the message names). `keys` outlives the guard.
Guard RequireCaller(CallerPolicy policy, const ApiKeyRing& keys);

// A key with the scope operator, in x-api-key or as a bearer token, for everything but /healthz and
// /readyz. Errors, in order: kUnauthorized, kForbidden. `keys` outlives the guard.
Guard RequireOperatorKey(const ApiKeyRing& keys);

// kForbidden unless Host is a loopback name (DNS rebinding) and, for methods other than GET and
// HEAD, no Origin is sent (forms and scripts of web pages).
Guard RequireLocalCaller();

// What every answer to a browser says that does not say it otherwise: no sniffing, nothing to load,
// nobody may frame it, no referrer; and Strict-Transport-Security (RFC 6797) unless `hsts` is
// empty.
void AddSafeHeaders(Router& router, const std::string& hsts);

// kUnsupportedMediaType when there is a body whose Content-Type is not application/json; absent
// counts as JSON.
base::Status CheckJson(const net::HttpRequest& request);

}  // namespace obolus::http
