#include "base/integrity.h"

#include <openssl/evp.h>

#include <array>

#include "base/check.h"
#include "base/encoding.h"

namespace obolus::base {
namespace {

constexpr std::array<std::string_view, 3> kAlgorithms = {"sha256", "sha384", "sha512"};
constexpr std::string_view kSpace = " \t\n\f\r";

std::string Hash(std::string_view algorithm, std::string_view bytes) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  const std::string name(algorithm);
  CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size,
                   EVP_get_digestbyname(name.c_str()), nullptr) == 1);
  return EncodeBase64(ByteView(digest).first(size));
}

// "sha384-…" -> its place in kAlgorithms, and the hash; -1 when a browser would pass it over.
int Read(std::string_view token, std::string_view& hash) {
  const std::size_t dash = token.find('-');
  if (dash == std::string_view::npos) return -1;
  hash = token.substr(dash + 1);
  hash = hash.substr(0, hash.find('?'));
  for (std::size_t i = 0; i < kAlgorithms.size(); ++i) {
    if (token.substr(0, dash) == kAlgorithms[i] && !hash.empty()) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

std::string IntegrityOf(std::string_view bytes) {
  return "sha384-" + Hash("sha384", bytes);
}

IntegrityVerdict CheckIntegrity(std::string_view attribute, std::string_view bytes) {
  int strongest = -1;
  bool matches = false;
  while (true) {
    const std::size_t begin = attribute.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) break;
    attribute.remove_prefix(begin);
    const std::string_view token = attribute.substr(0, attribute.find_first_of(kSpace));
    attribute.remove_prefix(token.size());
    std::string_view hash;
    const int algorithm = Read(token, hash);
    if (algorithm < 0 || algorithm < strongest) continue;
    if (algorithm > strongest) matches = false;
    strongest = algorithm;
    matches = matches || Hash(kAlgorithms[static_cast<std::size_t>(algorithm)], bytes) == hash;
  }
  if (strongest < 0) return IntegrityVerdict::kNone;
  return matches ? IntegrityVerdict::kMatches : IntegrityVerdict::kDiffers;
}

}  // namespace obolus::base
