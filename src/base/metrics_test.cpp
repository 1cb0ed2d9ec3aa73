#include "base/metrics.h"

#include <gtest/gtest.h>

namespace obolus::base {
namespace {

TEST(Metrics, ExposesWhatWasCounted) {
  Metrics metrics;
  metrics.AddCounter("obolus_things_total", "Things.", {{"kind", "a"}}).Add(2);
  metrics.AddGauge("obolus_depth", "Depth.").Set(7);
  metrics.AddHistogram("obolus_wait_seconds", "Wait.", {0.1, 1}).Observe(0.5);
  const std::string text = metrics.Expose();
  EXPECT_NE(text.find("obolus_things_total{kind=\"a\"} 2"), std::string::npos) << text;
  EXPECT_NE(text.find("obolus_depth 7"), std::string::npos);
  EXPECT_NE(text.find("obolus_wait_seconds_bucket{le=\"1\"} 1"), std::string::npos);
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameHandle) {
  Metrics metrics;
  metrics.AddCounter("obolus_things_total", "Things.", {{"kind", "a"}}).Add();
  metrics.AddCounter("obolus_things_total", "Things.", {{"kind", "a"}}).Add();
  EXPECT_NE(metrics.Expose().find("obolus_things_total{kind=\"a\"} 2"), std::string::npos);
}

}  // namespace
}  // namespace obolus::base
