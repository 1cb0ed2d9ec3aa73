// `obolus apikey create`: a new API key for Commerce, and the digest of it that goes into
// commerce.api_keys. The key itself is kept nowhere.
#pragma once

#include <string>

namespace obolus::cli {

struct ApiKey {
  std::string key;     // "obk_" and 43 characters of base64url, 256 random bits
  std::string digest;  // SHA-256 of it, 64 hex digits
};

ApiKey CreateApiKey();

}  // namespace obolus::cli
