#include "net/certificate_rules.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string_view>

#include "net/free_with.h"

namespace obolus::net {
namespace {

using Fault = std::optional<CertificateFault>;

constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;  // larger ones only cost time
constexpr BN_ULONG kLeastExponent = 65537;
constexpr int kLeastSecurityBits = 112;
constexpr int kMostSerialBytes = 20;

void FreeNames(GENERAL_NAMES* names) {
  GENERAL_NAMES_free(names);
}

Fault Weak(const char* detail) {
  return CertificateFault{HandshakeFault::kWeak, detail};
}
Fault Malformed(const char* detail) {
  return CertificateFault{HandshakeFault::kMalformed, detail};
}

Fault FindWeakRsa(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kLeastRsaBits) return Weak("an RSA key of less than 2048 bits");
  if (bits > kMostRsaBits) return Weak("an RSA key of more than 8192 bits");
  BIGNUM* exponent = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) {
    return Malformed("an RSA key without exponent");
  }
  const std::unique_ptr<BIGNUM, FreeWith<BN_free>> owned(exponent);
  const bool is_large = BN_num_bits(exponent) > 17 || BN_get_word(exponent) >= kLeastExponent;
  return is_large && BN_is_odd(exponent) == 1 ? Fault() : Weak("an RSA key with a small exponent");
}

Fault FindWeakCurve(EVP_PKEY* key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1) {
    return Weak("a curve without a name");
  }
  const std::string_view curve(name.data(), size);
  const bool known = curve == "prime256v1" || curve == "secp384r1" || curve == "secp521r1";
  return known ? Fault() : Weak("a curve other than P-256, P-384 and P-521");
}

// Bytes that may stand in a name: no controls, and of UTF-8 no overlong forms, which OpenSSL
// refuses to convert.
bool IsPlain(std::string_view text, bool ascii_only) {
  return !text.empty() && std::ranges::none_of(text, [ascii_only](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f || (ascii_only && byte > 0x7f);
  });
}

std::string_view BytesOf(const ASN1_STRING* value) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

bool IsWellFormedUtf8(const ASN1_STRING* value) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  OPENSSL_free(utf8);
  return size >= 0;
}

}  // namespace

Fault FindWeakKey(X509* certificate) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return Malformed("a public key that cannot be read");
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return FindWeakRsa(key);
    case EVP_PKEY_EC:
      return FindWeakCurve(key);
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
      return {};
    default:
      return Weak("a kind of key that is not used here");
  }
}

Fault FindWeakSignature(X509* certificate) {
  int digest = NID_undef;
  int bits = 0;
  if (X509_get_signature_info(certificate, &digest, nullptr, &bits, nullptr) != 1) {
    return Weak("a signature of a kind that is not known");
  }
  const bool is_old = digest == NID_md5 || digest == NID_sha1 || digest == NID_md5_sha1;
  return is_old || bits < kLeastSecurityBits ? Weak("a signature by SHA-1, MD5 or less") : Fault();
}

Fault FindMalformed(X509* certificate) {
  if (X509_get_version(certificate) != X509_VERSION_3) return Malformed("not of version 3");
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  const std::unique_ptr<BIGNUM, FreeWith<BN_free>> number(ASN1_INTEGER_to_BN(serial, nullptr));
  if (!number || BN_is_negative(number.get()) == 1 || BN_is_zero(number.get()) == 1) {
    return Malformed("a serial number that is not positive");
  }
  if (BN_num_bytes(number.get()) > kMostSerialBytes) return Malformed("a serial number too long");
  std::set<std::string> seen;
  for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
    std::array<char, 128> oid{};
    const ASN1_OBJECT* object = X509_EXTENSION_get_object(X509_get_ext(certificate, i));
    OBJ_obj2txt(oid.data(), static_cast<int>(oid.size()), object, 1);
    if (!seen.insert(oid.data()).second) return Malformed("an extension that stands twice");
  }
  if ((X509_get_extension_flags(certificate) & EXFLAG_INVALID) != 0) {
    return Malformed("extensions that cannot be read");
  }
  return {};
}

Fault FindWrongPurpose(X509* certificate) {
  const auto wrong = [](const char* detail) {
    return CertificateFault{HandshakeFault::kWrongPurpose, detail};
  };
  const std::uint32_t flags = X509_get_extension_flags(certificate);
  if ((flags & EXFLAG_CA) != 0) return wrong("an authority's certificate");
  if ((flags & EXFLAG_XKUSAGE) == 0) return wrong("no extended key usage");
  if ((X509_get_extended_key_usage(certificate) & XKU_SSL_CLIENT) == 0) {
    return wrong("an extended key usage without clientAuth");
  }
  if ((X509_get_key_usage(certificate) & X509v3_KU_DIGITAL_SIGNATURE) == 0) {
    return wrong("a key usage without digitalSignature");
  }
  return {};
}

Fault FindBadNames(X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  int names = 0;
  int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  for (; at >= 0; at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) {
    if (++names > 1) return Malformed("more than one common name");
    const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    const int type = ASN1_STRING_type(value);
    if (type != V_ASN1_UTF8STRING && type != V_ASN1_PRINTABLESTRING) {
      return Malformed("a common name that is neither UTF8String nor PrintableString");
    }
    if (!IsPlain(BytesOf(value), false) || !IsWellFormedUtf8(value)) {
      return Malformed("a common name with characters that do not belong there");
    }
  }
  const std::unique_ptr<GENERAL_NAMES, FreeWith<FreeNames>> others(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; others && i < sk_GENERAL_NAME_num(others.get()); ++i) {
    int kind = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(others.get(), i), &kind);
    if (kind != GEN_DNS && kind != GEN_URI) continue;
    ++names;
    const std::string_view text = BytesOf(static_cast<const ASN1_STRING*>(value));
    if (!IsPlain(text, true) || text.contains('*')) {
      return Malformed("an alternative name with characters that do not belong there");
    }
  }
  return names > 0 ? Fault() : Malformed("no name");
}

}  // namespace obolus::net
