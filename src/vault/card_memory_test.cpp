// A card's whole way through the vault leaves no copy of its number in the process: decrypted,
// read, checked, masked, sealed, opened again. The memory of this process is searched for it.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "domain/co_badges.h"
#include "support/jwe_encrypter.h"
#include "support/own_memory.h"
#include "vault/embedded_vault.h"
#include "vault/jwe_envelope.h"
#include "vault/key_ring.h"

namespace obolus::vault {
namespace {

namespace fs = std::filesystem;
using testing::CountCopies;
using testing::kMask;

class FixedClock final : public base::Clock {
 public:
  base::Timestamp Now() const override { return base::ParseTime("2026-11-22T20:00:00Z").value(); }
};

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

TEST(CardMemory, HoldsNoCopyOfTheNumberButTheCardInHand) {
  const FixedClock clock;
  base::RandomIdSource ids;
  const Keychain keys(KeyRing::Generate(clock.Now()), clock);
  const JweEnvelope envelope(keys.ring()->EnvelopeKeys());
  EmbeddedVault vault(keys, ids, clock);
  const domain::CardNetwork visa[] = {domain::CardNetwork::kVisa};
  const domain::CoBadges co_badges;

  const std::string token = TokenFromAnotherProcess(envelope.EcJwk());
  std::vector<std::uint8_t> masked;
  {
    const auto entry = envelope.Open(token);
    ASSERT_TRUE(entry) << entry.error().message;
    // The end only: free() writes over the first bytes of what it frees.
    ASSERT_EQ(entry->account_number.size(), 16U);
    for (const std::uint8_t byte : entry->account_number.view().last(8)) {
      masked.push_back(byte ^ kMask);
    }
  }
  EXPECT_EQ(CountCopies(masked), 0U);

  // The same again, with a look after each step: the one copy is the card that is still in hand.
  auto entry = envelope.Open(token);
  EXPECT_EQ(CountCopies(masked), 1U);
  auto card = domain::CheckCard(std::move(*entry), {visa, co_badges}, clock.Now());
  EXPECT_EQ(CountCopies(masked), 1U);
  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(domain::Mask(*card).first_six.size(), 6U);
  EXPECT_EQ(CountCopies(masked), 1U);
  std::optional<app::SealedCard> sealed;
  vault.Keep(std::move(*card), ids.NewUuid(), clock.Now() + std::chrono::hours(1), "",
             [&sealed](base::Result<app::StoredCard> stored) { sealed = stored->sealed; });
  EXPECT_EQ(CountCopies(masked), 0U);
  {
    const auto opened = vault.Open(*sealed);
    EXPECT_EQ(CountCopies(masked), 1U);
    ASSERT_TRUE(opened);
  }
  EXPECT_EQ(CountCopies(masked), 0U);
}

}  // namespace
}  // namespace obolus::vault
