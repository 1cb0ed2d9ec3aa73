#include "net/certificate_facts.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <memory>

#include "net/client_identity.h"
#include "net/free_with.h"

namespace obolus::net {
namespace {

using Bio = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using List = std::unique_ptr<X509_CRL, FreeWith<X509_CRL_free>>;

constexpr std::size_t kMostInFile = 1000;

base::Timestamp TimeOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return base::Timestamp(std::chrono::seconds(timegm(&parts)));
}

std::string TextOf(const X509_NAME* name) {
  const Bio text(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return {data, static_cast<std::size_t>(std::clamp(size, 0L, 256L))};
}

std::unexpected<base::Error> Bad(const std::string& file, const char* why) {
  ERR_clear_error();
  return base::Fail(base::ErrorCode::kInvalid, file + " " + why);
}

std::vector<Certificate> ReadAll(const std::string& file) {
  std::vector<Certificate> all;
  const Bio bio(BIO_new_file(file.c_str(), "r"));
  while (bio && all.size() < kMostInFile) {
    Certificate next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    all.push_back(std::move(next));
  }
  ERR_clear_error();
  return all;
}

}  // namespace

base::Result<std::vector<CertificateFacts>> ReadCertificates(const std::string& file) {
  std::vector<CertificateFacts> facts;
  for (const Certificate& certificate : ReadAll(file)) {
    facts.push_back({.subject = TextOf(X509_get_subject_name(certificate.get())),
                     .not_before = TimeOf(X509_get0_notBefore(certificate.get())),
                     .not_after = TimeOf(X509_get0_notAfter(certificate.get()))});
  }
  if (facts.empty()) return Bad(file, "holds no certificate that can be read");
  return facts;
}

base::Result<std::vector<CertificateFacts>> ReadRevocationLists(const std::string& file) {
  std::vector<CertificateFacts> facts;
  const Bio bio(BIO_new_file(file.c_str(), "r"));
  while (bio && facts.size() < kMostInFile) {
    const List list(PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr));
    if (!list) break;
    const ASN1_TIME* next = X509_CRL_get0_nextUpdate(list.get());
    facts.push_back({.subject = TextOf(X509_CRL_get_issuer(list.get())),
                     .not_before = TimeOf(X509_CRL_get0_lastUpdate(list.get())),
                     .not_after = next != nullptr ? TimeOf(next) : base::Timestamp::max()});
  }
  ERR_clear_error();
  if (facts.empty()) return Bad(file, "holds no certificate revocation list");
  return facts;
}

std::vector<std::string> FindChainFaults(const std::string& file, const std::string& host) {
  const std::vector<Certificate> chain = ReadAll(file);
  if (chain.empty()) return {"holds no certificate that can be read"};
  std::vector<std::string> faults;
  X509* leaf = chain.front().get();
  const bool named = X509_check_host(leaf, host.data(), host.size(), 0, nullptr) == 1 ||
                     X509_check_ip_asc(leaf, host.c_str(), 0) == 1;
  if (!host.empty() && !named) faults.push_back("does not name " + host);
  if (X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) != 1) {
    faults.emplace_back("is not for servers");
  }
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    EVP_PKEY* issuer = X509_get0_pubkey(chain[i + 1].get());
    const bool issued = X509_NAME_cmp(X509_get_issuer_name(chain[i].get()),
                                      X509_get_subject_name(chain[i + 1].get())) == 0 &&
                        X509_verify(chain[i].get(), issuer) == 1;
    if (!issued) {
      faults.push_back("certificate " + std::to_string(i + 1) +
                       " was not issued by the one that follows it");
    }
  }
  ERR_clear_error();
  return faults;
}

base::Status CheckKeyFits(const std::string& certificate_file, const std::string& key_file) {
  const auto read =
      ReadClientIdentity({.certificate_file = certificate_file, .key_file = key_file});
  if (!read) return std::unexpected(read.error());
  return {};
}

}  // namespace obolus::net
