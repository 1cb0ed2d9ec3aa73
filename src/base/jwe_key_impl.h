// What a JWE key is made of, for base/jwe_key (makes, reads and prints keys) and base/jwe (uses
// them). Nobody else includes this, so that OpenSSL's types stay out of the house.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>

#include "base/jwe.h"

namespace obolus::base {

template <auto kFree>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using PublicOrPrivateKey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

inline constexpr std::size_t kCoordinateSize = 32;  // of a point of P-256, in bytes

struct JweKey::Impl {
  PublicOrPrivateKey key;
  JweKeyKind kind;
  std::string kid;
};

}  // namespace obolus::base
