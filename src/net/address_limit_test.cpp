#include "net/address_limit.h"

#include <gtest/gtest.h>

namespace obolus::net {
namespace {

asio::ip::address At(const char* text) {
  return asio::ip::make_address(text);
}

TEST(AddressLimit, AnAddressHasSoManyPlacesAndOthersHaveTheirOwn) {
  AddressLimit limit(2);
  auto first = limit.Enter(At("192.0.2.1"));
  const auto second = limit.Enter(At("192.0.2.1"));
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(limit.Enter(At("192.0.2.1")));
  EXPECT_TRUE(limit.Enter(At("192.0.2.2")));
  first.reset();
  EXPECT_TRUE(limit.Enter(At("192.0.2.1"))) << "a place came back";
}

TEST(AddressLimit, ARefusalTakesNoPlace) {
  AddressLimit limit(1);
  auto only = limit.Enter(At("192.0.2.1"));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(limit.Enter(At("192.0.2.1")));
  only.reset();
  EXPECT_TRUE(limit.Enter(At("192.0.2.1")));
}

TEST(AddressLimit, TheAddressesOfOneSubscriberAreOne) {
  AddressLimit limit(1);
  const auto only = limit.Enter(At("2001:db8:1:2::1"));
  EXPECT_FALSE(limit.Enter(At("2001:db8:1:2:ffff::9")));
  EXPECT_TRUE(limit.Enter(At("2001:db8:1:3::1")));
}

TEST(AddressLimit, AnIpv4AddressIsTheSameInIpv6sClothes) {
  AddressLimit limit(1);
  const auto only = limit.Enter(At("192.0.2.1"));
  EXPECT_FALSE(limit.Enter(At("::ffff:192.0.2.1")));
  EXPECT_EQ(AddressText(At("::ffff:192.0.2.1")), "192.0.2.1");
  EXPECT_EQ(AddressText(At("2001:db8::1")), "2001:db8::1");
}

TEST(AddressLimit, ATicketMayOutliveItsLimit) {
  std::unique_ptr<AddressLimit::Ticket> ticket;
  {
    AddressLimit limit(1);
    ticket = limit.Enter(At("192.0.2.1"));
  }
  EXPECT_TRUE(ticket);
}

}  // namespace
}  // namespace obolus::net
