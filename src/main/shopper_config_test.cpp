#include "main/shopper_config.h"

#include <gtest/gtest.h>

namespace obolus::main {
namespace {

struct Read {
  Config config;
  std::size_t faults = 0;
};

Read With(const std::string& key, const std::string& value) {
  ConfigValues values(DefaultConfig());
  if (!key.empty()) values.AddSetting(key, value, "--set");
  Read read;
  ReadShopperLimits(values, read.config);
  read.faults = values.faults().size();
  return read;
}

TEST(ShopperConfig, WhatStandsInTheDefaultsIsServed) {
  const auto [config, faults] = With("", "");
  EXPECT_EQ(faults, 0U);
  EXPECT_TRUE(config.shopper_http2);
  EXPECT_EQ(config.max_connections, 4096);
  EXPECT_EQ(config.max_connections_per_address, 512);
  EXPECT_EQ(config.max_handshakes, 512);
  EXPECT_EQ(config.shopper_max_requests, 1024);
}

TEST(ShopperConfig, EachLimitCanBeSet) {
  EXPECT_FALSE(With("shopper.http2", "false").config.shopper_http2);
  EXPECT_EQ(With("shopper.max_connections_per_address", "7").config.max_connections_per_address, 7);
  EXPECT_EQ(With("shopper.max_handshakes", "8").config.max_handshakes, 8);
}

TEST(ShopperConfig, NoLimitMayBeNothing) {
  for (const char* key : {"shopper.max_connections_per_address", "shopper.max_handshakes",
                          "shopper.max_connections", "shopper.max_requests"}) {
    EXPECT_EQ(With(key, "0").faults, 1U) << key;
  }
  EXPECT_EQ(With("shopper.http2", "2").faults, 1U);
}

}  // namespace
}  // namespace obolus::main
