#include "base/fault.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace obolus::base {
namespace {

TEST(Fault, EveryPointHasAName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kFaultPoints; ++i) {
    names.insert(ToString(static_cast<FaultPoint>(i)));
  }
  EXPECT_EQ(names.size(), kFaultPoints);
  EXPECT_FALSE(names.contains(""));
}

#ifdef OBOLUS_FAULTS
std::vector<FaultPoint> reached;

TEST(Fault, TheHookSeesEachPointAndNoneOnceItIsGone) {
  Reach(FaultPoint::kBeforeCommit);
  SetFaultHook([](FaultPoint point) { reached.push_back(point); });
  Reach(FaultPoint::kAfterCommit);
  SetFaultHook(nullptr);
  Reach(FaultPoint::kBeforeAnswer);
  EXPECT_EQ(reached, std::vector{FaultPoint::kAfterCommit});
}
#endif

}  // namespace
}  // namespace obolus::base
