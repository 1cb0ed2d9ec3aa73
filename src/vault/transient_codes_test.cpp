#include "vault/transient_codes.h"

#include <gtest/gtest.h>

#include <string>

#include "support/manual_scheduler.h"
#include "support/own_memory.h"

namespace obolus::vault {
namespace {

using base::ErrorCode;
using base::Millis;
using base::SecretBytes;

class TransientCodesTest : public ::testing::Test {
 protected:
  static SecretBytes Code(std::string_view digits) { return SecretBytes(digits); }
  std::string Take(const base::Uuid& card) {
    const auto code = codes_.Take(card);
    return code ? std::string(code->text()) : "none";
  }

  testing::ManualClock clock_;
  testing::ManualScheduler scheduler_{clock_};
  base::RandomIdSource ids_;
  base::Metrics metrics_;
  const Keychain ring_{KeyRing::Generate(clock_.Now()), clock_};
  const base::Uuid session_ = ids_.NewUuid();
  TransientCodes codes_{
      {.most = 3, .kept_for = Millis(1'000)}, ring_, scheduler_, clock_, metrics_};
};

TEST_F(TransientCodesTest, ACodeIsTakenOnce) {
  const base::Uuid card = ids_.NewUuid();
  EXPECT_EQ(codes_.Keep(card, session_, Code("987")), std::nullopt) << "nothing to commit";
  EXPECT_TRUE(codes_.HasCard(card));
  EXPECT_EQ(Take(card), "987");
  EXPECT_EQ(Take(card), "none");
  EXPECT_FALSE(codes_.HasCard(card));
  EXPECT_FALSE(codes_.HasSession(session_));
}

TEST_F(TransientCodesTest, AllCodesOfASessionGoWithIt) {
  const base::Uuid first = ids_.NewUuid();
  const base::Uuid second = ids_.NewUuid();
  const base::Uuid other = ids_.NewUuid();
  codes_.Keep(first, session_, Code("111"));
  codes_.Keep(second, session_, Code("2222"));
  codes_.Keep(other, ids_.NewUuid(), Code("333"));
  codes_.DropCard(first);
  EXPECT_TRUE(codes_.HasSession(session_));
  codes_.DropSession(session_);
  codes_.DropSession(session_);
  EXPECT_EQ(Take(second), "none");
  EXPECT_EQ(Take(other), "333");
}

TEST_F(TransientCodesTest, ACodeThatNobodyTakesEndsByItself) {
  const base::Uuid early = ids_.NewUuid();
  const base::Uuid late = ids_.NewUuid();
  codes_.Keep(early, session_, Code("111"));
  scheduler_.Advance(Millis(600));
  codes_.Keep(late, session_, Code("222"));
  scheduler_.Advance(Millis(399));
  EXPECT_EQ(codes_.size(), 2u);
  scheduler_.Advance(Millis(1));
  EXPECT_EQ(codes_.size(), 1u);
  scheduler_.Advance(Millis(600));
  EXPECT_EQ(codes_.size(), 0u);
  EXPECT_EQ(scheduler_.waiting(), 0u) << "an empty table has nothing to do";
}

TEST_F(TransientCodesTest, WhenThereIsNoRoomTheOldestMakesPlace) {
  std::vector<base::Uuid> cards;
  for (const char* digits : {"111", "222", "333", "444"}) {
    cards.push_back(ids_.NewUuid());
    codes_.Keep(cards.back(), ids_.NewUuid(), Code(digits));
  }
  EXPECT_EQ(codes_.size(), 3u);
  EXPECT_EQ(Take(cards[0]), "none");
  EXPECT_EQ(Take(cards[1]), "222");
  EXPECT_EQ(Take(cards[3]), "444");
}

// PCI DSS 4.0.1 3.3.1: nothing of it is left once it was used, dropped or too old.
TEST_F(TransientCodesTest, NothingIsLeftInMemoryOfACodeThatEnded) {
  std::vector<std::uint8_t> masked;
  for (const char digit : {'8', '0', '3', '7', '2', '6', '1'}) {
    masked.push_back(static_cast<std::uint8_t>(digit) ^ testing::kMask);
  }
  const auto count = [&] { return testing::CountCopies(masked); };
  const auto keep = [&](const base::Uuid& card) {
    SecretBytes code = SecretBytes::OfSize(masked.size());
    for (std::size_t i = 0; i < masked.size(); ++i) code.data()[i] = masked[i] ^ testing::kMask;
    codes_.Keep(card, session_, std::move(code));
  };
  const base::Uuid card = ids_.NewUuid();
  keep(card);
  EXPECT_GE(count(), 1u) << "or the search finds nothing";
  codes_.Take(card)->Wipe();
  EXPECT_EQ(count(), 0u);
  keep(card);
  codes_.DropSession(session_);
  EXPECT_EQ(count(), 0u);
  keep(card);
  scheduler_.Advance(Millis(1'000));
  EXPECT_EQ(count(), 0u);
  keep(card);
  codes_.DropAll();
  EXPECT_EQ(count(), 0u);
}

TEST_F(TransientCodesTest, ASharedCodeIsSealedToItsCardAndSessionAndNotKeptHere) {
  TransientCodes shared({.kept_for = Millis(1'000), .shared = true}, ring_, scheduler_, clock_,
                        metrics_);
  const base::Uuid card = ids_.NewUuid();
  const auto sealed = shared.Keep(card, session_, Code("987"));
  ASSERT_TRUE(sealed);
  EXPECT_EQ(shared.size(), 0u);
  EXPECT_EQ(sealed->ciphertext.find("987"), std::string::npos);
  EXPECT_EQ(shared.Open(*sealed)->text(), "987");
  app::SealedCard moved = *sealed;
  moved.id = ids_.NewUuid();
  EXPECT_EQ(shared.Open(moved).error().code, ErrorCode::kMalformed);
  moved = *sealed;
  moved.session_id = ids_.NewUuid();
  EXPECT_EQ(shared.Open(moved).error().code, ErrorCode::kMalformed);
  moved = *sealed;
  moved.key_id += "x";
  EXPECT_EQ(shared.Open(moved).error().code, ErrorCode::kNotFound);
  clock_.Advance(Millis(1'000));
  EXPECT_EQ(shared.Open(*sealed).error().code, ErrorCode::kExpired);
}

TEST_F(TransientCodesTest, NoTimeMeansThatNoCodeIsKept) {
  TransientCodes none({.kept_for = Millis(0)}, ring_, scheduler_, clock_, metrics_);
  const base::Uuid card = ids_.NewUuid();
  none.Keep(card, session_, Code("987"));
  EXPECT_FALSE(none.HasCard(card));
}

}  // namespace
}  // namespace obolus::vault
