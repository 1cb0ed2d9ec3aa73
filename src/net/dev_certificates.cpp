#include "net/dev_certificates.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

#include "base/check.h"
#include "net/free_with.h"

namespace obolus::net {
namespace {

using Bio = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

constexpr long kDay = 24 * 60 * 60;
constexpr long kValidDays = 90;
constexpr long kLeastLeft = 7 * kDay;
constexpr const char* kLocalNames = "DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1";

// What one certificate is for. Authorities come before those they issue.
struct Plan {
  const char* file;
  const char* common_name;
  const char* issuer;  // the file of its authority; itself when it is one
  const char* usage;   // extendedKeyUsage; nullptr for an authority
  const char* names;   // subjectAltName; nullptr for none
};

constexpr auto kPlans = std::to_array<Plan>({
    {"ca", "Obolus development CA", "ca", nullptr, nullptr},
    {"obolus-server", "localhost", "ca", "serverAuth", kLocalNames},
    {"obolus-client", "obolus", "ca", "clientAuth", "DNS:obolus"},
    {"commerce-client", "commerce", "ca", "clientAuth", "DNS:commerce"},
    {"bridge-server", "localhost", "ca", "serverAuth", kLocalNames},
    {"shop-server", "localhost", "ca", "serverAuth", kLocalNames},
    {"other-ca", "Some other development CA", "other-ca", nullptr, nullptr},
    {"stranger-client", "commerce", "other-ca", "clientAuth", "DNS:commerce"},
});

struct Issued {
  Certificate certificate;
  Key key;
};

std::unexpected<base::Error> CannotWrite(const std::filesystem::path& path,
                                         const std::string& why) {
  return base::Fail(base::ErrorCode::kUnavailable, "cannot write " + path.string() + ": " + why);
}

Bio OpenFile(const std::filesystem::path& path) {
  return Bio(BIO_new_file(path.c_str(), "r"));
}

// A certificate that is there, fits its key, was issued by `authority` and is good for a week.
bool IsGood(const std::filesystem::path& folder, const Plan& plan) {
  const auto read = [&](const std::string& name) {
    const Bio bio = OpenFile(folder / (name + ".pem"));
    return Certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  };
  const Certificate certificate = read(plan.file);
  const Certificate authority = read(plan.issuer);
  const Bio key_bio = OpenFile(folder / (std::string(plan.file) + ".key"));
  const Key key(key_bio ? PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr)
                        : nullptr);
  bool good = certificate && authority && key;
  good = good && X509_check_private_key(certificate.get(), key.get()) == 1;
  good = good && X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) == 1;
  if (good) {
    time_t later = time(nullptr) + kLeastLeft;
    good = X509_cmp_time(X509_get0_notAfter(certificate.get()), &later) > 0;
  }
  ERR_clear_error();
  return good;
}

void AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  CHECK(extension != nullptr);
  CHECK(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

void SetSerial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);  // positive, RFC 5280 §4.1.2.2
  const std::unique_ptr<BIGNUM, FreeWith<BN_free>> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  CHECK(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

// `authority` absent: signs itself.
Issued Issue(const Plan& plan, const Issued* authority) {
  Issued issued{Certificate(X509_new()), Key(EVP_EC_gen("P-256"))};
  CHECK(issued.certificate && issued.key);
  X509* certificate = issued.certificate.get();
  CHECK(X509_set_version(certificate, X509_VERSION_3) == 1);
  SetSerial(certificate);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * kDay);  // clocks that are wrong
  X509_gmtime_adj(X509_getm_notAfter(certificate), kValidDays * kDay);
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>(plan.common_name);
  CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1);
  X509* issuer = authority != nullptr ? authority->certificate.get() : certificate;
  CHECK(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1);
  CHECK(X509_set_pubkey(certificate, issued.key.get()) == 1);

  AddExtension(certificate, issuer, NID_subject_key_identifier, "hash");
  AddExtension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  if (plan.usage == nullptr) {
    AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    AddExtension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
    AddExtension(certificate, issuer, NID_key_usage, "critical,digitalSignature");
    AddExtension(certificate, issuer, NID_ext_key_usage, plan.usage);
  }
  if (plan.names != nullptr) AddExtension(certificate, issuer, NID_subject_alt_name, plan.names);
  EVP_PKEY* signer = authority != nullptr ? authority->key.get() : issued.key.get();
  CHECK(X509_sign(certificate, signer, EVP_sha256()) > 0);
  return issued;
}

// Through a temporary name, so that no reader ever sees half a file or a key with a wide mode.
base::Status WriteFile(const std::filesystem::path& path, std::string_view text, mode_t mode) {
  const std::filesystem::path temporary = path.string() + ".new";
  unlink(temporary.c_str());
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return CannotWrite(temporary, std::generic_category().message(errno));
  const ssize_t written = write(file, text.data(), text.size());
  const bool complete = written == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  const int failure = errno;
  close(file);
  if (!complete) return CannotWrite(temporary, std::generic_category().message(failure));
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    return CannotWrite(path, std::generic_category().message(errno));
  }
  return {};
}

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

base::Status Save(const std::filesystem::path& folder, const Plan& plan, const Issued& issued) {
  const Bio certificate(BIO_new(BIO_s_mem()));
  const Bio key(BIO_new(BIO_s_secmem()));
  CHECK(PEM_write_bio_X509(certificate.get(), issued.certificate.get()) == 1);
  CHECK(PEM_write_bio_PrivateKey(key.get(), issued.key.get(), nullptr, nullptr, 0, nullptr,
                                 nullptr) == 1);
  const std::string base_name = plan.file;
  std::string key_text = TextOf(key.get());
  base::Status saved = WriteFile(folder / (base_name + ".key"), key_text, 0600);
  OPENSSL_cleanse(key_text.data(), key_text.size());
  if (!saved) return saved;
  return WriteFile(folder / (base_name + ".pem"), TextOf(certificate.get()), 0644);
}

}  // namespace

base::Result<bool> MakeDevCertificates(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::create_directories(folder, error)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  if (error) return CannotWrite(folder, error.message());
  bool complete = true;
  for (const Plan& plan : kPlans) complete = complete && IsGood(folder, plan);
  if (complete) return false;

  Issued authority;
  for (const Plan& plan : kPlans) {
    const bool is_authority = plan.usage == nullptr;
    Issued issued = Issue(plan, is_authority ? nullptr : &authority);
    if (auto saved = Save(folder, plan, issued); !saved) {
      return std::unexpected(std::move(saved).error());
    }
    if (is_authority) authority = std::move(issued);
  }
  return true;
}

}  // namespace obolus::net
