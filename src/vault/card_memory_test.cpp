// A card's whole way through the vault leaves no copy of its number in the process: decrypted,
// read, checked, masked, sealed, opened again. The memory of this process is searched for it.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "support/jwe_encrypter.h"
#include "vault/embedded_vault.h"
#include "vault/jwe_envelope.h"
#include "vault/key_ring.h"

namespace obolus::vault {
namespace {

namespace fs = std::filesystem;

constexpr std::uint8_t kMask = 0x5a;  // the needle itself is not to be found

class FixedClock final : public base::Clock {
 public:
  base::Timestamp Now() const override { return base::ParseTime("2026-11-22T20:00:00Z").value(); }
};

struct Region {
  const std::uint8_t* begin;
  std::size_t size;
};

// Heap, stack, globals and anonymous mappings; what a sanitizer reserves is far larger than any of
// ours.
std::vector<Region> WritableMemory() {
  constexpr std::size_t kLargest = std::size_t{64} * 1024 * 1024;
  std::vector<Region> regions;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    char mode[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, mode) != 3) continue;
    if (mode[0] != 'r' || mode[1] != 'w' || end - begin > kLargest) continue;
    regions.push_back({reinterpret_cast<const std::uint8_t*>(begin), end - begin});
  }
  return regions;
}

// Reads freed and foreign memory on purpose, which is what sanitizers are there to stop.
[[gnu::noinline]]
__attribute__((no_sanitize("address", "undefined", "thread"))) std::size_t CountIn(
    Region region, const std::uint8_t* masked, std::size_t size) {
  std::size_t count = 0;
  for (std::size_t i = 0; i + size <= region.size; ++i) {
    std::size_t same = 0;
    while (same < size && (region.begin[i + same] ^ kMask) == masked[same]) ++same;
    if (same == size) ++count;
  }
  return count;
}

std::size_t CountCopies(const std::vector<std::uint8_t>& masked) {
  std::size_t count = 0;
  for (const Region region : WritableMemory()) {
    count += CountIn(region, masked.data(), masked.size());
  }
  return count;
}

// Encrypts a card with a random number in a process of its own, so that this one never held it.
std::string TokenFromAnotherProcess(const base::json::object& jwk) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  const pid_t sender = fork();
  CHECK(sender >= 0);
  if (sender == 0) {
    std::string number = "42";
    std::uint8_t random[13];
    base::FillRandom(random);
    for (const std::uint8_t byte : random) number += static_cast<char>('0' + byte % 10);
    number += '0';
    while (!domain::PassesLuhn(number)) ++number.back();
    const std::string token =
        testing::EncryptWithEc(jwk, R"({"account_number":")" + number +
                                        R"(","expiry_month":7,"expiry_year":2031,)"
                                        R"("security_code":"012"})")
            .Join();
    const bool is_written =
        write(ends[1], token.data(), token.size()) == static_cast<ssize_t>(token.size());
    _exit(is_written ? 0 : 1);
  }
  close(ends[1]);
  std::string token(4096, '\0');
  std::size_t size = 0;
  for (ssize_t got = 1; got > 0; size += static_cast<std::size_t>(got)) {
    got = read(ends[0], token.data() + size, token.size() - size);
    CHECK(got >= 0);
  }
  close(ends[0]);
  int status = 0;
  CHECK(waitpid(sender, &status, 0) == sender && status == 0);
  token.resize(size);
  return token;
}

TEST(CardMemory, HoldsNoCopyOfTheNumberOnceTheCardIsGone) {
  const FixedClock clock;
  base::RandomIdSource ids;
  std::string name = (fs::temp_directory_path() / "card_memory_test.XXXXXX").string();
  const fs::path folder = mkdtemp(name.data());
  const KeyRing ring = KeyRing::Open((folder / "obolus.keys").string(), clock).value();
  fs::remove_all(folder);
  const JweEnvelope envelope(ring.EnvelopeKeys());
  EmbeddedVault vault(ring, ids, clock);
  const domain::CardNetwork visa[] = {domain::CardNetwork::kVisa};

  std::vector<std::uint8_t> masked;
  {
    auto entry = envelope.Open(TokenFromAnotherProcess(envelope.EcJwk()));
    ASSERT_TRUE(entry) << entry.error().message;
    auto card = domain::CheckCard(std::move(*entry), visa, clock.Now());
    ASSERT_TRUE(card) << card.error().message;
    EXPECT_EQ(domain::Mask(*card).first_six.size(), 6U);
    std::optional<app::SealedCard> sealed;
    vault.Keep(std::move(*card), ids.NewUuid(), clock.Now() + std::chrono::hours(1), "",
               [&sealed](base::Result<app::StoredCard> stored) { sealed = stored->sealed; });
    const auto opened = vault.Open(*sealed);
    ASSERT_TRUE(opened);
    for (const std::uint8_t byte : opened->account_number.view()) masked.push_back(byte ^ kMask);
    ASSERT_EQ(masked.size(), 16U);
    EXPECT_GE(CountCopies(masked), 1U);  // the search finds the card that is still here
  }
  EXPECT_EQ(CountCopies(masked), 0U);
}

}  // namespace
}  // namespace obolus::vault
