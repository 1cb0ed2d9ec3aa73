#include "vault/pkcs11_token.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "vault/key_file.h"

namespace obolus::vault {
namespace {

using base::ByteView;
using base::ErrorCode;
using base::Fail;
using base::Result;
using base::SecretBytes;
using base::Status;

constexpr std::string_view kMagic = "OBOLUS-P11-1:";
constexpr std::string_view kKeyLabel = "obolus";
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kMostSlots = 64;

std::unexpected<base::Error> Refused(const char* call, CK_RV code) {
  return Fail(code == CKR_PIN_INCORRECT ? ErrorCode::kForbidden : ErrorCode::kUnavailable,
              "the PKCS#11 token: " + std::string(call) + " answered " + std::to_string(code));
}

// The interface takes pointers to what it only reads.
CK_BYTE_PTR Bytes(ByteView bytes) {
  return const_cast<CK_BYTE_PTR>(bytes.data());
}

CK_GCM_PARAMS GcmParameters(ByteView nonce) {
  CK_GCM_PARAMS parameters{};
  parameters.iv_ptr = Bytes(nonce);
  parameters.iv_len = nonce.size();
  parameters.iv_bits = nonce.size() * 8;
  parameters.aad_ptr = Bytes(base::AsBytes(kMagic));
  parameters.aad_len = kMagic.size();
  parameters.tag_bits = kTagSize * 8;
  return parameters;
}

}  // namespace

struct Pkcs11Token::Impl {
  void* library = nullptr;
  CK_FUNCTION_LIST_PTR calls = nullptr;
  CK_SESSION_HANDLE session = 0;
  CK_OBJECT_HANDLE key = 0;
  bool initialized = false;

  ~Impl() {
    if (initialized) calls->C_Finalize(nullptr);
    if (library != nullptr) dlclose(library);
  }

  Status Load(const std::string& module) {
    library = dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      const char* reason = dlerror();
      return Fail(ErrorCode::kUnavailable,
                  "vault.pkcs11.module: " + std::string(reason == nullptr ? module : reason));
    }
    auto* entry = reinterpret_cast<CK_C_GetFunctionList>(dlsym(library, "C_GetFunctionList"));
    if (entry == nullptr || entry(&calls) != CKR_OK || calls == nullptr) {
      return Fail(ErrorCode::kUnavailable,
                  "vault.pkcs11.module: " + module + " is no PKCS#11 library");
    }
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.flags = CKF_OS_LOCKING_OK;
    if (const CK_RV code = calls->C_Initialize(&arguments); code != CKR_OK) {
      return Refused("C_Initialize", code);
    }
    initialized = true;
    return {};
  }

  Result<CK_SLOT_ID> FindSlot(const std::string& label) const {
    std::array<CK_SLOT_ID, kMostSlots> slots{};
    CK_ULONG count = slots.size();
    if (const CK_RV code = calls->C_GetSlotList(CK_TRUE, slots.data(), &count); code != CKR_OK) {
      return Refused("C_GetSlotList", code);
    }
    for (std::size_t i = 0; i < count; ++i) {
      CK_TOKEN_INFO info{};
      if (calls->C_GetTokenInfo(slots[i], &info) != CKR_OK) continue;
      std::string_view name(reinterpret_cast<const char*>(info.label), sizeof(info.label));
      while (name.ends_with(' ')) name.remove_suffix(1);
      if (name == label) return slots[i];
    }
    return Fail(ErrorCode::kUnavailable, "the PKCS#11 token: there is none labelled " + label);
  }

  Status LogIn(CK_SLOT_ID slot, ByteView pin) {
    CK_RV code =
        calls->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session);
    if (code != CKR_OK) return Refused("C_OpenSession", code);
    code = calls->C_Login(session, CKU_USER, Bytes(pin), pin.size());
    if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN) return Refused("C_Login", code);
    return {};
  }

  // The key, made in the token when it has none.
  Status TakeKey() {
    CK_OBJECT_CLASS kind = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    CK_ULONG size = 32;
    std::string label(kKeyLabel);
    std::array<CK_ATTRIBUTE, 3> wanted = {CK_ATTRIBUTE{CKA_CLASS, &kind, sizeof(kind)},
                                          CK_ATTRIBUTE{CKA_KEY_TYPE, &type, sizeof(type)},
                                          CK_ATTRIBUTE{CKA_LABEL, label.data(), label.size()}};
    CK_RV code = calls->C_FindObjectsInit(session, wanted.data(), wanted.size());
    if (code != CKR_OK) return Refused("C_FindObjectsInit", code);
    CK_ULONG found = 0;
    code = calls->C_FindObjects(session, &key, 1, &found);
    calls->C_FindObjectsFinal(session);
    if (code != CKR_OK) return Refused("C_FindObjects", code);
    if (found == 1) return {};
    std::array<CK_ATTRIBUTE, 7> made = {CK_ATTRIBUTE{CKA_LABEL, label.data(), label.size()},
                                        CK_ATTRIBUTE{CKA_VALUE_LEN, &size, sizeof(size)},
                                        CK_ATTRIBUTE{CKA_TOKEN, &yes, sizeof(yes)},
                                        CK_ATTRIBUTE{CKA_SENSITIVE, &yes, sizeof(yes)},
                                        CK_ATTRIBUTE{CKA_EXTRACTABLE, &no, sizeof(no)},
                                        CK_ATTRIBUTE{CKA_ENCRYPT, &yes, sizeof(yes)},
                                        CK_ATTRIBUTE{CKA_DECRYPT, &yes, sizeof(yes)}};
    CK_MECHANISM mechanism{CKM_AES_KEY_GEN, nullptr, 0};
    code = calls->C_GenerateKey(session, &mechanism, made.data(), made.size(), &key);
    if (code != CKR_OK) return Refused("C_GenerateKey", code);
    return {};
  }
};

Pkcs11Token::Pkcs11Token(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pkcs11Token::~Pkcs11Token() = default;

Result<std::unique_ptr<Pkcs11Token>> Pkcs11Token::Open(const Options& options) {
  const Result<SecretBytes> file = ReadKeyFile(options.pin_file);
  if (!file) return std::unexpected(file.error());
  ByteView pin = file->view();
  while (!pin.empty() && (pin.back() == '\n' || pin.back() == '\r'))
    pin = pin.first(pin.size() - 1);
  auto impl = std::make_unique<Impl>();
  if (Status loaded = impl->Load(options.module); !loaded) return std::unexpected(loaded.error());
  const auto slot = impl->FindSlot(options.token);
  if (!slot) return std::unexpected(slot.error());
  if (Status in = impl->LogIn(*slot, pin); !in) return std::unexpected(in.error());
  if (Status taken = impl->TakeKey(); !taken) return std::unexpected(taken.error());
  return std::unique_ptr<Pkcs11Token>(new Pkcs11Token(std::move(impl)));
}

Result<SecretBytes> Pkcs11Token::Seal(ByteView plaintext) {
  const std::lock_guard lock(mutex_);
  SecretBytes sealed =
      SecretBytes::OfSize(kMagic.size() + kNonceSize + plaintext.size() + kTagSize);
  std::ranges::copy(base::AsBytes(kMagic), sealed.data());
  const std::span<std::uint8_t> nonce(sealed.data() + kMagic.size(), kNonceSize);
  base::FillRandom(nonce);
  CK_GCM_PARAMS parameters = GcmParameters(nonce);
  CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof(parameters)};
  CK_RV code = impl_->calls->C_EncryptInit(impl_->session, &mechanism, impl_->key);
  if (code != CKR_OK) return Refused("C_EncryptInit", code);
  CK_ULONG size = plaintext.size() + kTagSize;
  code = impl_->calls->C_Encrypt(impl_->session, Bytes(plaintext), plaintext.size(),
                                 sealed.data() + kMagic.size() + kNonceSize, &size);
  if (code != CKR_OK) return Refused("C_Encrypt", code);
  sealed.Truncate(kMagic.size() + kNonceSize + size);
  return sealed;
}

Result<SecretBytes> Pkcs11Token::Unseal(ByteView sealed) {
  if (sealed.size() < kMagic.size() + kNonceSize + kTagSize ||
      base::AsText(sealed.first(kMagic.size())) != kMagic) {
    return Fail(ErrorCode::kMalformed, "the key file was not sealed by a PKCS#11 token");
  }
  const std::lock_guard lock(mutex_);
  CK_GCM_PARAMS parameters = GcmParameters(sealed.subspan(kMagic.size(), kNonceSize));
  CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof(parameters)};
  CK_RV code = impl_->calls->C_DecryptInit(impl_->session, &mechanism, impl_->key);
  if (code != CKR_OK) return Refused("C_DecryptInit", code);
  const ByteView ciphertext = sealed.subspan(kMagic.size() + kNonceSize);
  SecretBytes plaintext = SecretBytes::OfSize(ciphertext.size());
  CK_ULONG size = plaintext.size();
  code = impl_->calls->C_Decrypt(impl_->session, Bytes(ciphertext), ciphertext.size(),
                                 plaintext.data(), &size);
  if (code != CKR_OK) return Refused("C_Decrypt", code);
  plaintext.Truncate(size);
  return plaintext;
}

}  // namespace obolus::vault
