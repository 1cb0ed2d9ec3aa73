#include "storage/postgres_reach.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace obolus::storage {
namespace {

using Ports = std::vector<std::uint16_t>;

bool Names(const PostgresReach& reach, const std::string& file) {
  return std::ranges::count(reach.files, file) == 1;
}

TEST(PostgresReach, ThePortIsThatOfTheConnectionString) {
  EXPECT_EQ(PostgresReachOf("host=db port=6543").ports, Ports{6543});
  EXPECT_EQ(PostgresReachOf("postgresql://u@db:6544/obolus").ports, Ports{6544});
}

TEST(PostgresReach, SeveralHostsHaveSeveralPorts) {
  EXPECT_EQ(PostgresReachOf("host=a,b port=6543,6544").ports, (Ports{6543, 6544}));
  EXPECT_EQ(PostgresReachOf("postgresql://a:6543,b/obolus").ports, (Ports{6543, 5432}));
}

TEST(PostgresReach, WithoutAPortItIsTheUsualOne) {
  EXPECT_EQ(PostgresReachOf("host=db").ports, Ports{5432});
}

TEST(PostgresReach, FilesAreThoseNamedOrLibpqsOwn) {
  const auto reach = PostgresReachOf("host=db sslrootcert=/ca/root.pem passfile=/p/word");
  EXPECT_TRUE(Names(reach, "/ca/root.pem"));
  EXPECT_TRUE(Names(reach, "/p/word"));
  EXPECT_TRUE(std::ranges::any_of(reach.files, [](const std::string& file) {
    return file.ends_with("/.postgresql/postgresql.key");
  }));
}

TEST(PostgresReach, WhatCannotBeReadReachesNothing) {
  const auto reach = PostgresReachOf("host='db");
  EXPECT_TRUE(reach.ports.empty());
  EXPECT_TRUE(reach.files.empty());
}

}  // namespace
}  // namespace obolus::storage
