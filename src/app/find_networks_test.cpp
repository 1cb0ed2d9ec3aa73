#include "app/find_networks.h"

#include <gtest/gtest.h>

#include "support/app_stand.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using testing::AppStand;
using enum domain::CardNetwork;
using Networks = std::vector<domain::CardNetwork>;

base::Result<FoundNetworks> Find(AppStand& stand, const std::string& key, std::string iin) {
  return testing::Run<FoundNetworks>(stand.services, FindNetworks{key, std::move(iin)});
}

TEST(FindNetworks, NamesEveryNetworkOfTheDigits) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  EXPECT_EQ(Find(stand, opened.key, "40000025")->networks, (Networks{kVisa, kCartesBancaires}));
  EXPECT_EQ(Find(stand, opened.key, "42424242")->networks, Networks{kVisa});
  EXPECT_EQ(Find(stand, opened.key, "99999999")->networks, Networks{});
  EXPECT_EQ(Find(stand, opened.key, "670344")->view.session.id, opened.session.id);
}

TEST(FindNetworks, FollowsTheOperatorsOrder) {
  AppStand stand;
  stand.services.settings.co_badges = domain::CoBadges({}, {kCartesBancaires});
  const auto opened = stand.OpenPayment();
  EXPECT_EQ(Find(stand, opened.key, "40000025")->networks, (Networks{kCartesBancaires, kVisa}));
}

TEST(FindNetworks, LeavesOutWhatTheSessionDoesNotAllow) {
  AppStand stand;
  OpenSession command;
  command.allowed_networks = {kCartesBancaires, kMastercard};
  const auto opened = stand.Open(std::move(command)).value();
  EXPECT_EQ(Find(stand, opened.key, "40000025")->networks, Networks{kCartesBancaires});
  EXPECT_EQ(Find(stand, opened.key, "42424242")->networks, Networks{});
}

TEST(FindNetworks, IsForPaymentSessionsThatLive) {
  AppStand stand;
  const auto tds = stand.OpenTds();
  EXPECT_EQ(Find(stand, tds.key, "40000025").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Find(stand, "pay_x", "40000025").error().code, ErrorCode::kNotFound);
  const auto opened = stand.OpenPayment();
  stand.clock.Advance(std::chrono::seconds(901));
  EXPECT_EQ(Find(stand, opened.key, "40000025").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace obolus::app
