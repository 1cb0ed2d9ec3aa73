#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "base/jwe.h"
#include "base/jwe_key_impl.h"

namespace obolus::base {
namespace {

constexpr std::size_t kMaxPemBytes = std::size_t{16} * 1024;
constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 4096;

using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using BigNumber = std::unique_ptr<BIGNUM, Freer<BN_free>>;

Bytes BigEndian(const EVP_PKEY* key, const char* parameter, std::size_t min_size) {
  BIGNUM* raw = nullptr;
  CHECK(EVP_PKEY_get_bn_param(key, parameter, &raw) == 1);
  const BigNumber number(raw);
  const std::size_t size = std::max(min_size, static_cast<std::size_t>(BN_num_bytes(raw)));
  Bytes bytes(size);
  CHECK(BN_bn2binpad(raw, bytes.data(), static_cast<int>(size)) == static_cast<int>(size));
  return bytes;
}

json::string Base64UrlParameter(const EVP_PKEY* key, const char* parameter,
                                std::size_t min_size = 1) {
  return json::string(EncodeBase64Url(BigEndian(key, parameter, min_size)));
}

bool IsP256(const EVP_PKEY* key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1) return false;
  return std::string_view(name.data(), size) == "prime256v1";
}

std::optional<JweKeyKind> KindOf(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    const int bits = EVP_PKEY_get_bits(key);
    if (bits >= kMinRsaBits && bits <= kMaxRsaBits) return JweKeyKind::kRsa;
  }
  if (EVP_PKEY_is_a(key, "EC") == 1 && IsP256(key)) return JweKeyKind::kEc;
  return std::nullopt;
}

// Never asks: an encrypted PEM is an error, not a prompt on the terminal.
int NoPassword(char*, int, int, void*) {
  return -1;
}

}  // namespace

JweKey::JweKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JweKey::JweKey(JweKey&&) noexcept = default;
JweKey& JweKey::operator=(JweKey&&) noexcept = default;
JweKey::~JweKey() = default;

JweKey JweKey::Generate(JweKeyKind kind, std::string kid) {
  PublicOrPrivateKey key(kind == JweKeyKind::kRsa
                             ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})
                             : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  CHECK(key != nullptr);
  return JweKey(std::make_unique<Impl>(Impl{std::move(key), kind, std::move(kid)}));
}

Result<JweKey> JweKey::FromPem(std::string_view pem, std::string kid) {
  if (pem.empty() || pem.size() > kMaxPemBytes)
    return Fail(ErrorCode::kMalformed, "not a private key in PEM");
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  CHECK(bio != nullptr);
  PublicOrPrivateKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  if (key == nullptr) return Fail(ErrorCode::kMalformed, "not an unencrypted private key in PEM");
  const std::optional<JweKeyKind> kind = KindOf(key.get());
  if (!kind)
    return Fail(ErrorCode::kMalformed, "neither an RSA key of 2048 to 4096 bits nor a P-256 key");
  return JweKey(std::make_unique<Impl>(Impl{std::move(key), *kind, std::move(kid)}));
}

JweKeyKind JweKey::kind() const {
  return impl_->kind;
}
const std::string& JweKey::kid() const {
  return impl_->kid;
}

int JweKey::Bits() const {
  return EVP_PKEY_get_bits(impl_->key.get());
}

JweKey JweKey::Clone() const {
  CHECK(EVP_PKEY_up_ref(impl_->key.get()) == 1);
  PublicOrPrivateKey key(impl_->key.get());
  return JweKey(std::make_unique<Impl>(Impl{std::move(key), impl_->kind, impl_->kid}));
}

SecretBytes JweKey::ToPem() const {
  const Bio bio(BIO_new(BIO_s_secmem()));
  CHECK(bio != nullptr);
  CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) == 1);
  SecretBytes pem = SecretBytes::OfSize(BIO_ctrl_pending(bio.get()));
  CHECK(BIO_read(bio.get(), pem.data(), static_cast<int>(pem.size())) ==
        static_cast<int>(pem.size()));
  return pem;
}

json::object JweKey::PublicJwk() const {
  const EVP_PKEY* key = impl_->key.get();
  if (impl_->kind == JweKeyKind::kRsa) {
    return {{"kty", "RSA"},
            {"n", Base64UrlParameter(key, OSSL_PKEY_PARAM_RSA_N)},
            {"e", Base64UrlParameter(key, OSSL_PKEY_PARAM_RSA_E)},
            {"kid", impl_->kid},
            {"alg", "RSA-OAEP-256"},
            {"use", "enc"}};
  }
  return {{"kty", "EC"},
          {"crv", "P-256"},
          {"x", Base64UrlParameter(key, OSSL_PKEY_PARAM_EC_PUB_X, kCoordinateSize)},
          {"y", Base64UrlParameter(key, OSSL_PKEY_PARAM_EC_PUB_Y, kCoordinateSize)},
          {"kid", impl_->kid},
          {"alg", "ECDH-ES"},
          {"use", "enc"}};
}

}  // namespace obolus::base
