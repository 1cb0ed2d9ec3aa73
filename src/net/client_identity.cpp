#include "net/client_identity.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <fstream>
#include <iterator>
#include <memory>

#include "net/free_with.h"
#include "net/key_permissions.h"

namespace obolus::net {
namespace {

using Bio = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

Bio Open(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A key that needs a passphrase is an error, never a prompt on the terminal.
int NoPassphrase(char*, int, int, void*) {
  return -1;
}

base::Result<std::string> ReadText(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream || text.empty()) {
    return base::Fail(base::ErrorCode::kInvalid, "cannot read " + file);
  }
  return text;
}

std::unexpected<base::Error> Bad(const std::string& file, const char* why) {
  ERR_clear_error();
  return base::Fail(base::ErrorCode::kInvalid, file + " " + why);
}

}  // namespace

base::Result<ClientIdentity> ReadClientIdentity(const ClientTls& tls) {
  ClientIdentity identity;
  identity.min_version = tls.min_version;
  if (!tls.ca_file.empty()) {
    auto text = ReadText(tls.ca_file);
    if (!text) return std::unexpected(std::move(text).error());
    identity.ca = std::move(*text);
    const Certificate ca(PEM_read_bio_X509(Open(identity.ca).get(), nullptr, nullptr, nullptr));
    if (!ca) return Bad(tls.ca_file, "holds no certificate");
  }
  if (tls.certificate_file.empty()) return identity;

  auto certificate_text = ReadText(tls.certificate_file);
  if (!certificate_text) return std::unexpected(std::move(certificate_text).error());
  identity.certificate = std::move(*certificate_text);
  if (auto kept = CheckKeyPermissions(tls.key_file); !kept) {
    return std::unexpected(std::move(kept).error());
  }
  auto key_text = ReadText(tls.key_file);
  if (!key_text) return std::unexpected(std::move(key_text).error());
  identity.key = std::move(*key_text);

  const Certificate certificate(
      PEM_read_bio_X509(Open(identity.certificate).get(), nullptr, nullptr, nullptr));
  if (!certificate) return Bad(tls.certificate_file, "holds no certificate");
  const Key key(PEM_read_bio_PrivateKey(Open(identity.key).get(), nullptr, NoPassphrase, nullptr));
  if (!key) return Bad(tls.key_file, "holds no private key without a passphrase");
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Bad(tls.key_file, "does not fit the certificate");
  }
  return identity;
}

}  // namespace obolus::net
