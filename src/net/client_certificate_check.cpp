#include "net/client_certificate_check.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <vector>

#include "base/encoding.h"
#include "net/certificate_rules.h"
#include "net/free_with.h"

namespace obolus::net {
namespace {

// Intermediates between the leaf and our authority.
constexpr int kMostIntermediates = 3;
constexpr int kSecurityLevel = 2;  // of OpenSSL: 112 bits

struct Policy {
  std::vector<std::string> pins;  // lower-case hex; empty: any
};

using Store = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;

void FreePolicy(void*, void* policy, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Policy*>(policy);
}
void FreeRefusal(void*, void* refusal, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<HandshakeRefusal*>(refusal);
}

int PolicyIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, FreePolicy);
  return index;
}
int RefusalIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeRefusal);
  return index;
}

std::string FingerprintOf(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  return base::EncodeHex({digest.data(), size});
}

std::string SubjectOf(const X509* certificate) {
  const std::unique_ptr<BIO, FreeWith<BIO_free_all>> text(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return {data, static_cast<std::size_t>(std::clamp(size, 0L, 256L))};
}

HandshakeFault FaultOf(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
    case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
      return HandshakeFault::kExpired;
    case X509_V_ERR_CERT_REVOKED:
      return HandshakeFault::kRevoked;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
      return HandshakeFault::kRevocationUnknown;
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
      return HandshakeFault::kWrongPurpose;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return HandshakeFault::kWeak;
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
    case X509_V_ERR_INVALID_EXTENSION:
      return HandshakeFault::kMalformed;
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
      return HandshakeFault::kNotAllowed;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
      return HandshakeFault::kBadProof;
    default:
      return HandshakeFault::kUntrusted;
  }
}

// Of a chain that holds: what else is wrong with it.
std::optional<CertificateFault> FindFault(X509_STORE_CTX* store, const Policy& policy) {
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(store);
  const int size = sk_X509_num(chain);
  for (int i = 0; i < size; ++i) {
    X509* certificate = sk_X509_value(chain, i);
    if (auto fault = FindWeakKey(certificate)) return fault;
    if (i == size - 1) break;  // ours, which nobody's signature makes good
    if (auto fault = FindWeakSignature(certificate)) return fault;
    if (auto fault = FindMalformed(certificate)) return fault;
  }
  X509* leaf = sk_X509_value(chain, 0);
  if (auto fault = FindWrongPurpose(leaf)) return fault;
  if (auto fault = FindBadNames(leaf)) return fault;
  const auto& pins = policy.pins;
  if (!pins.empty() && std::ranges::find(pins, FingerprintOf(leaf)) == pins.end()) {
    return CertificateFault{HandshakeFault::kNotAllowed, "not one of the pinned certificates"};
  }
  return {};
}

// The verdict; what is wrong goes to `refusal`.
bool Verify(X509_STORE_CTX* store, const Policy& policy, HandshakeRefusal& refusal) {
  if (X509_verify_cert(store) != 1) {
    const int error = X509_STORE_CTX_get_error(store);
    refusal.fault = FaultOf(error);
    refusal.detail = X509_verify_cert_error_string(error);
  } else if (const auto fault = FindFault(store, policy)) {
    refusal.fault = fault->fault;
    refusal.detail = fault->detail;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  } else {
    return true;
  }
  const X509* leaf = X509_STORE_CTX_get0_cert(store);
  if (leaf != nullptr) {
    refusal.subject = SubjectOf(leaf);
    refusal.fingerprint = FingerprintOf(leaf);
  }
  return false;
}

int VerifyInHandshake(X509_STORE_CTX* store, void* policy) try {
  auto refusal = std::make_unique<HandshakeRefusal>();
  if (Verify(store, *static_cast<const Policy*>(policy), *refusal)) return 1;
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (SSL_set_ex_data(ssl, RefusalIndex(), refusal.get()) == 1) refusal.release();
  return 0;
} catch (const std::bad_alloc&) {
  X509_STORE_CTX_set_error(store, X509_V_ERR_OUT_OF_MEM);
  return 0;
}

std::unexpected<base::Error> BadFile(const std::string& file, const std::string& why) {
  ERR_clear_error();
  return base::Fail(base::ErrorCode::kInvalid, file + " " + why);
}

// Every authority of ours has to have a list there, or nobody could come in.
base::Status ReadRevocationLists(SSL_CTX* context, const ServerTls& tls) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  const auto hold = [store] { return X509_STORE_get0_objects(store); };
  std::vector<const X509_NAME*> authorities;
  for (int i = 0; i < sk_X509_OBJECT_num(hold()); ++i) {
    const X509* certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(hold(), i));
    if (certificate != nullptr) authorities.push_back(X509_get_subject_name(certificate));
  }
  X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (lookup == nullptr ||
      X509_load_crl_file(lookup, tls.client_crl_file.c_str(), X509_FILETYPE_PEM) < 1) {
    return BadFile(tls.client_crl_file, "holds no certificate revocation list");
  }
  for (const X509_NAME* authority : authorities) {
    bool found = false;
    for (int i = 0; i < sk_X509_OBJECT_num(hold()); ++i) {
      const X509_CRL* list = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(hold(), i));
      found =
          found || (list != nullptr && X509_NAME_cmp(X509_CRL_get_issuer(list), authority) == 0);
    }
    if (!found) {
      return BadFile(tls.client_crl_file,
                     "has no list of an authority that stands in " + tls.client_ca_file);
    }
  }
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context),
                              X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return {};
}

}  // namespace

base::Status CheckClientCertificates(SSL_CTX* context, const ServerTls& tls) {
  if (tls.client_certificates == ClientCertificates::kNone) return {};
  if (tls.client_ca_file.empty()) {
    return base::Fail(base::ErrorCode::kInvalid, "client certificates need a client CA file");
  }
  if (SSL_CTX_load_verify_file(context, tls.client_ca_file.c_str()) != 1) {
    return BadFile(tls.client_ca_file, "holds no certificates of authorities");
  }
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(tls.client_ca_file.c_str());
  if (names == nullptr) {
    return BadFile(tls.client_ca_file, "holds no certificates of authorities");
  }
  SSL_CTX_set_client_CA_list(context, names);  // takes them
  if (!tls.client_crl_file.empty()) {
    if (auto read = ReadRevocationLists(context, tls); !read) return read;
  }
  auto policy = std::make_unique<Policy>(tls.client_pins);
  if (SSL_CTX_set_ex_data(context, PolicyIndex(), policy.get()) != 1) throw std::bad_alloc();
  SSL_CTX_set_cert_verify_callback(context, VerifyInHandshake, policy.release());
  SSL_CTX_set_verify_depth(context, kMostIntermediates);
  const bool required = tls.client_certificates == ClientCertificates::kRequired;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
  return {};
}

bool IsStillTrusted(SSL* ssl, SSL_CTX* context) {
  X509* leaf = SSL_get0_peer_certificate(ssl);
  const auto* policy = static_cast<const Policy*>(SSL_CTX_get_ex_data(context, PolicyIndex()));
  if (leaf == nullptr || policy == nullptr) return false;
  const Store store(X509_STORE_CTX_new());
  if (!store || X509_STORE_CTX_init(store.get(), SSL_CTX_get_cert_store(context), leaf,
                                    SSL_get_peer_cert_chain(ssl)) != 1) {
    return false;
  }
  X509_STORE_CTX_set_default(store.get(), "ssl_client");
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(store.get());
  X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
  X509_VERIFY_PARAM_set1(rules, SSL_CTX_get0_param(context));
  HandshakeRefusal refusal;
  const bool trusted = Verify(store.get(), *policy, refusal);
  ERR_clear_error();
  return trusted;
}

HandshakeRefusal RefusalOf(SSL* ssl, unsigned long error) {
  if (const auto* found =
          static_cast<const HandshakeRefusal*>(SSL_get_ex_data(ssl, RefusalIndex()))) {
    return *found;
  }
  if (error == 0) return {.fault = HandshakeFault::kGone, .detail = "the peer went"};
  const char* reason = ERR_reason_error_string(error);
  HandshakeRefusal refusal{.detail = reason != nullptr ? reason : "TLS"};
  switch (ERR_GET_REASON(error)) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      refusal.fault = HandshakeFault::kNoCertificate;
      break;
    case SSL_R_BAD_SIGNATURE:
    case SSL_R_DIGEST_CHECK_FAILED:
      refusal.fault = HandshakeFault::kBadProof;
      break;
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
    case SSL_R_WRONG_SIGNATURE_TYPE:
    case SSL_R_WRONG_CURVE:
      refusal.fault = HandshakeFault::kWeak;
      break;
    default:
      break;
  }
  return refusal;
}

}  // namespace obolus::net
