// Who may call: the commerce listener's API keys and client certificates, and the operator
// listener's protection against pages in a local browser. Each is one guard of a router. Read-only
// after start; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/crypto.h"
#include "http/router.h"

namespace obolus::http {

enum class CallerRule { kBoth, kEither, kApiKey, kCertificate };

struct CallerPolicy {
  CallerRule rule = CallerRule::kBoth;
  std::vector<base::Sha256Digest> api_key_digests;  // SHA-256 of the keys that are let in
  std::vector<std::string> allowed_names;  // CN or SAN of certificates; empty: any of the CA
};

// Sets Exchange::caller. Errors, in order: kForbidden (a certificate with another name),
// kUnauthorized (no or a wrong key, no certificate where one is needed). All keys are compared,
// each in constant time.
Guard RequireCaller(CallerPolicy policy);

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
