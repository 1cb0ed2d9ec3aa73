#include "domain/merchant_watch.h"

#include <gtest/gtest.h>

namespace obolus::domain {
namespace {

using base::Millis;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class MerchantWatchTest : public ::testing::Test {
 protected:
  void Submit(int count, Millis apart) {
    for (int i = 0; i < count; ++i) {
      watch_.Submitted(rules_, now_);
      now_ += apart;
    }
  }
  void Known(int refused, int approved) {
    for (int i = 0; i < refused; ++i) watch_.Refused(rules_, now_);
    for (int i = 0; i < approved; ++i) watch_.Approved(rules_, now_);
  }
  Suspicion Look() { return watch_.Look(rules_, now_); }

  WatchRules rules_;
  MerchantWatch watch_;
  base::Timestamp now_ = base::FromMillis(1'795'305'600'000);
};

TEST_F(MerchantWatchTest, FewRefusalsSayNothing) {
  EXPECT_EQ(Look(), Suspicion::kNone);
  Known(9, 0);
  EXPECT_EQ(Look(), Suspicion::kNone);
}

TEST_F(MerchantWatchTest, MostCardsRefusedIsStrong) {
  Known(20, 19);
  EXPECT_EQ(Look(), Suspicion::kStrong);
  Known(0, 10);
  EXPECT_EQ(Look(), Suspicion::kSome);
  Known(0, 30);
  EXPECT_EQ(Look(), Suspicion::kNone);
}

TEST_F(MerchantWatchTest, AnAttackIsForgottenInTime) {
  Known(40, 0);
  now_ += minutes(15);
  EXPECT_EQ(Look(), Suspicion::kStrong);
  now_ += minutes(10);
  EXPECT_EQ(Look(), Suspicion::kNone);
}

TEST_F(MerchantWatchTest, ARushOverWhatIsUsualIsSuspect) {
  Submit(3600, seconds(1));
  EXPECT_EQ(Look(), Suspicion::kNone);
  Submit(100, Millis(50));
  EXPECT_EQ(Look(), Suspicion::kSome);
  now_ += minutes(4);
  EXPECT_EQ(Look(), Suspicion::kSome) << "who slows down is not let through at once";
  now_ += minutes(2);
  EXPECT_EQ(Look(), Suspicion::kNone);
}

TEST_F(MerchantWatchTest, ALongAttackDoesNotBecomeUsual) {
  Submit(3600, seconds(1));
  Submit(18'000, Millis(100));
  EXPECT_EQ(Look(), Suspicion::kSome) << "after half an hour at ten times the usual rate";
}

TEST_F(MerchantWatchTest, ABusyShopIsNoRushRightAfterTheStart) {
  Submit(500, Millis(20));
  EXPECT_EQ(Look(), Suspicion::kNone);
}

TEST_F(MerchantWatchTest, EitherRuleCanBeOff) {
  rules_.least_refused = 0;
  rules_.rush_factor = 0;
  Submit(600, seconds(1));
  Submit(1000, Millis(1));
  Known(1000, 0);
  EXPECT_EQ(Look(), Suspicion::kNone);
}

}  // namespace
}  // namespace obolus::domain
