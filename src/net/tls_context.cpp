#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>

#include "base/encoding.h"
#include "net/client_certificate_check.h"
#include "net/free_with.h"
#include "net/key_permissions.h"

namespace obolus::net {
namespace {

namespace ssl = boost::asio::ssl;

// Mozilla "intermediate" (version 5.7) without the DHE suites, which nothing of today needs.
constexpr const char* kTls12Suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr const char* kSignatures =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:"
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
    "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
    "RSA+SHA256:RSA+SHA384:RSA+SHA512";
constexpr int kSecurityLevel = 2;  // of OpenSSL: 112 bits
constexpr long kMostSessions = 10'000;
constexpr long kSessionSeconds = 2L * 3600;
constexpr std::string_view kSessionContext = "obolus";

void FreeNames(GENERAL_NAMES* names) {
  GENERAL_NAMES_free(names);
}
void FreeOpenSsl(unsigned char* text) {
  OPENSSL_free(text);
}

std::string LastSslError() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

std::unexpected<base::Error> BadFile(std::string_view what, const std::string& file) {
  return base::Fail(base::ErrorCode::kInvalid,
                    std::string(what) + " " + file + ": " + LastSslError());
}

// `wanted` says what is offered, dearest first, each name with its length before it.
int SelectProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* in, unsigned int in_size, void* wanted) {
  const auto& names = *static_cast<const std::string_view*>(wanted);
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(names.data()),
                            static_cast<unsigned int>(names.size()), in, in_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 §3.2
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

const std::string_view kHttp11 = "\x08http/1.1";
const std::string_view kHttp2First = "\x02h2\x08http/1.1";

std::string TextOf(const ASN1_STRING* value) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  if (size < 0) return {};
  const std::unique_ptr<unsigned char, FreeWith<FreeOpenSsl>> owned(utf8);
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  // "good\0.evil" must not be read as "good".
  return text.contains('\0') ? std::string() : text;
}

std::string CommonName(const X509* certificate) {
  const X509_NAME* name = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return {};
  return TextOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

std::vector<std::string> AlternativeNames(const X509* certificate) {
  std::vector<std::string> result;
  const std::unique_ptr<GENERAL_NAMES, FreeWith<FreeNames>> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return result;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int kind = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind);
    if (kind != GEN_DNS && kind != GEN_URI) continue;
    std::string text = TextOf(static_cast<const ASN1_STRING*>(value));
    if (!text.empty()) result.push_back(std::move(text));
  }
  return result;
}

// A client that resumes is not asked for its certificate again, so where certificates matter nobody
// resumes. Elsewhere sessions are kept here and not in tickets: no ticket key has to be rotated,
// and what resumes is gone with its time, with this context, or with the process.
void KeepSessions(SSL_CTX* context, const ServerTls& tls) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_session_id_context(context,
                                 reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                                 kSessionContext.size());
  if (tls.client_certificates != ClientCertificates::kNone) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    return;
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
  SSL_CTX_sess_set_cache_size(context, kMostSessions);
  SSL_CTX_set_timeout(context, kSessionSeconds);
}

base::Status SetPolicy(SSL_CTX* context, const ServerTls& tls) {
  const bool only_13 = tls.min_version == TlsVersion::k13;
  SSL_CTX_set_min_proto_version(context, only_13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_security_level(context, kSecurityLevel);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_set_cipher_list(context, kTls12Suites) != 1 ||
      SSL_CTX_set1_groups_list(context, kGroups) != 1 ||
      SSL_CTX_set1_sigalgs_list(context, kSignatures) != 1) {
    return base::Fail(base::ErrorCode::kInternal, "TLS suites: " + LastSslError());
  }
  return {};
}

}  // namespace

base::Result<ssl::context> MakeServerContext(const ServerTls& tls) {
  ssl::context result(ssl::context::tls_server);
  SSL_CTX* context = result.native_handle();
  ERR_clear_error();
  if (auto set = SetPolicy(context, tls); !set) return std::unexpected(std::move(set).error());
  KeepSessions(context, tls);
  SSL_CTX_set_alpn_select_cb(context, SelectProtocol,
                             const_cast<std::string_view*>(tls.http2 ? &kHttp2First : &kHttp11));
  if (auto kept = CheckKeyPermissions(tls.key_file); !kept) {
    return std::unexpected(std::move(kept).error());
  }
  if (SSL_CTX_use_certificate_chain_file(context, tls.certificate_file.c_str()) != 1) {
    return BadFile("TLS certificate", tls.certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, tls.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return BadFile("TLS key", tls.key_file);
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return BadFile("TLS key that does not fit its certificate", tls.key_file);
  }
  if (auto trusted = CheckClientCertificates(context, tls); !trusted) {
    return std::unexpected(std::move(trusted).error());
  }
  return result;
}

std::optional<ClientCertificate> ReadPeerCertificate(SSL* ssl) {
  const X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return std::nullopt;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return std::nullopt;
  return ClientCertificate{
      .subject_common_name = CommonName(certificate),
      .dns_names = AlternativeNames(certificate),
      .sha256_fingerprint = base::EncodeHex({digest.data(), size}),
  };
}

}  // namespace obolus::net
