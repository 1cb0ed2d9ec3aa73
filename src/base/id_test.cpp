#include "base/id.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace obolus::base {
namespace {

TEST(Id, TextFormRoundTrips) {
  RandomIdSource ids;
  for (int i = 0; i < 100; ++i) {
    const Uuid id = ids.NewUuid();
    EXPECT_EQ(*ParseUuid(ToString(id)), id);
  }
  EXPECT_EQ(ToString(*ParseUuid("0F8FAD5B-D9CB-469F-A165-70867728950E")),
            "0f8fad5b-d9cb-469f-a165-70867728950e");
}

TEST(Id, RefusesWhatIsNotAUuid) {
  for (const char* text :
       {"", "0f8fad5b", "0f8fad5bd9cb469fa16570867728950e", "0f8fad5b-d9cb-469f-a165-70867728950g",
        "{0f8fad5b-d9cb-469f-a165-70867728950}", "0f8fad5b-d9cb-469f-a165_70867728950e",
        "0f8fad5b-d9cb-469f-a165-70867728950e "}) {
    EXPECT_FALSE(ParseUuid(text).has_value()) << text;
  }
}

TEST(Id, BothKindsAreLabelledVersion4Variant1) {
  RandomIdSource ids;
  for (const Uuid& id : {ids.NewUuid(), ids.NewOrderedUuid(FromMillis(1795378971123))}) {
    EXPECT_EQ(ToString(id)[14], '4');
    EXPECT_NE(std::string("89ab").find(ToString(id)[19]), std::string::npos);
  }
}

TEST(Id, OrderedIdsRiseEvenWhenTheClockGoesBack) {
  RandomIdSource ids;
  Uuid last = ids.NewOrderedUuid(FromMillis(1'000'000));
  for (int i = 0; i < 10'000; ++i) {
    const Uuid next = ids.NewOrderedUuid(FromMillis(1'000'000 - i));
    ASSERT_LT(last, next);
    last = next;
  }
  EXPECT_LT(last, ids.NewOrderedUuid(FromMillis(2'000'000)));
}

TEST(Id, OrderedIdsOfManyThreadsAreDistinct) {
  RandomIdSource ids;
  std::vector<std::vector<Uuid>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made) {
      threads.emplace_back([&ids, &mine] {
        for (int i = 0; i < 2'000; ++i) mine.push_back(ids.NewOrderedUuid(FromMillis(5)));
      });
    }
  }
  std::set<Uuid> all;
  for (const auto& mine : made) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 8'000U);
}

}  // namespace
}  // namespace obolus::base
