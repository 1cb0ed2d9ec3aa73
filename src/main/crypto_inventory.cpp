#include "main/crypto_inventory.h"

#include <unistd.h>

#include <array>

#include "base/crypto.h"
#include "vault/key_ring.h"

namespace obolus::main {
namespace {

namespace json = base::json;

struct Use {
  const char* purpose;
  const char* algorithm;
  int key_bits;
  const char* standard;
  const char* keys;     // where they live
  const char* renewal;  // and how they are renewed
  const char* source;   // the file that uses it
};

constexpr const char* kRing = "vault.key_file, or an inherited descriptor; in memory locked pages";
constexpr const char* kRotate = "obolus keys rotate, once a year and on suspicion";
constexpr const char* kTls = "the certificate's, a file that the operator provides";
constexpr const char* kReload = "the operator's; obolus reload";

constexpr std::array kUses = {
    Use{"sealing a card", "AES-256-GCM", 256, "NIST SP 800-38D",
        "with the row, wrapped; made for one card", "with the card", "src/vault/record_seal.cpp"},
    Use{"wrapping a card's key", "HKDF-SHA-256, AES-256-GCM", 256, "RFC 5869, NIST SP 800-38D",
        kRing, kRotate, "src/vault/record_seal.cpp"},
    Use{"session keys of shoppers", "HMAC-SHA-256, 160 bits", 256, "RFC 2104", kRing, kRotate,
        "src/app/session_key.cpp"},
    Use{"card envelopes of the frame", "ECDH-ES P-256 (prime256v1), Concat KDF SHA-256, A256GCM",
        256, "RFC 7516, RFC 7518", kRing, kRotate, "src/base/jwe.cpp"},
    Use{"card envelopes of the SDKs", "RSA-OAEP-256, A256GCM", 2048, "RFC 7516, RFC 7518", kRing,
        kRotate, "src/base/jwe.cpp"},
    Use{"card envelopes of older SDKs, opened only", "RSA-OAEP (MGF1 with SHA-1), A256GCM", 2048,
        "RFC 7516, RFC 7518", kRing, kRotate, "src/base/jwe.cpp"},
    Use{"API keys of Commerce, kept as digests", "SHA-256", 0, "FIPS 180-4",
        "256 random bits, with Commerce", "obolus apikey create, two at a time",
        "src/cli/api_key.cpp"},
    Use{"replays: digests of requests", "SHA-256", 0, "FIPS 180-4", "none", "none",
        "src/app/idempotency.cpp"},
    Use{"the audit log's chain", "SHA-256, HMAC-SHA-256", 256, "FIPS 180-4, RFC 2104",
        "audit key file", "stays with its log", "src/base/hash_chain.cpp"},
    Use{"TLS 1.3, all listeners and calls",
        "TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256", 128,
        "RFC 8446", kTls, kReload, "src/net/tls_context.cpp"},
    Use{"TLS 1.2, all listeners and calls",
        "ECDHE-ECDSA-AES128-GCM-SHA256, ECDHE-RSA-AES128-GCM-SHA256, "
        "ECDHE-ECDSA-AES256-GCM-SHA384, "
        "ECDHE-RSA-AES256-GCM-SHA384, ECDHE-ECDSA-CHACHA20-POLY1305, ECDHE-RSA-CHACHA20-POLY1305",
        128, "RFC 5246, RFC 5289, RFC 7905", kTls, kReload, "src/net/tls_context.cpp"},
    Use{"TLS, agreeing on keys", "X25519, ECDHE P-256, ECDHE P-384", 256, "RFC 7748, RFC 8446",
        "made for one connection", "with the connection", "src/net/tls_context.cpp"},
    Use{"certificates that are accepted",
        "ECDSA P-256 (prime256v1), P-384 (secp384r1), P-521 (secp521r1), Ed25519; RSA", 256,
        "RFC 5280", kTls, kReload, "src/net/certificate_rules.cpp"},
    Use{"integrity of our scripts in browsers", "SHA-384", 0, "W3C Subresource Integrity", "none",
        "none", "src/base/integrity.cpp"},
    Use{"certificates for trying (obolus certs dev)", "ECDSA P-256 with SHA-256", 256, "FIPS 186-5",
        "a folder of the developer's", "made anew when they end", "src/net/dev_certificates.cpp"},
    Use{"random numbers", "CTR_DRBG AES-256 of OpenSSL, seeded by the kernel", 256,
        "NIST SP 800-90A", "none", "reseeds by itself", "src/base/crypto.cpp"},
};

json::array KeysInUse(const Config& config, const base::Clock& clock) {
  json::array list;
  if (access(config.vault.key_file.c_str(), R_OK) != 0) return list;  // Open would make it
  const auto ring = vault::KeyRing::Open(config.vault.key_file, clock);
  if (!ring) return list;
  for (const app::KeyInfo& key : ring->List()) {
    if (key.state == app::KeyState::kRetired) continue;
    const auto age = std::chrono::floor<std::chrono::days>(clock.Now() - key.active_at);
    list.push_back({{"kind", app::ToString(key.kind)},
                    {"id", key.id},
                    {"algorithm", key.algorithm},
                    {"state", app::ToString(key.state)},
                    {"age_days", age.count()}});
  }
  return list;
}

std::string TextOf(const json::value& object, const char* pointer) {
  return base::FindString(object, pointer).value_or("-");
}

}  // namespace

json::object CryptoInventory(const Config& config, const base::Clock& clock) {
  json::array uses;
  for (const Use& use : kUses) {
    uses.push_back({{"purpose", use.purpose},
                    {"algorithm", use.algorithm},
                    {"key_bits", use.key_bits == 0 ? json::value(nullptr) : use.key_bits},
                    {"standard", use.standard},
                    {"keys", use.keys},
                    {"renewal", use.renewal},
                    {"source", use.source}});
  }
  return {{"obolus", OBOLUS_VERSION},
          {"library", base::CryptoLibrary()},
          {"uses", std::move(uses)},
          {"keys", KeysInUse(config, clock)}};
}

std::string DescribeInventory(const json::object& inventory) {
  const json::value root(inventory);
  std::string text = "obolus " + TextOf(root, "/obolus") + ", " + TextOf(root, "/library") + "\n";
  for (const json::value& use : inventory.at("uses").as_array()) {
    const json::value* bits = base::FindPointer(use, "/key_bits");
    text += "\n" + TextOf(use, "/purpose") + "\n  algorithm  " + TextOf(use, "/algorithm") + "\n";
    if (bits != nullptr && !bits->is_null()) text += "  key bits   " + base::ToText(*bits) + "\n";
    text += "  standard   " + TextOf(use, "/standard") + "\n  keys       " + TextOf(use, "/keys") +
            "\n  renewal    " + TextOf(use, "/renewal") + "\n";
  }
  text += "\nkeys of this installation\n";
  for (const json::value& key : inventory.at("keys").as_array()) {
    text += "  " + TextOf(key, "/kind") + "  " + TextOf(key, "/id") + "  " +
            TextOf(key, "/algorithm") + "  " + TextOf(key, "/state") + "  " +
            base::ToText(*base::FindPointer(key, "/age_days")) + " days\n";
  }
  return text;
}

}  // namespace obolus::main
