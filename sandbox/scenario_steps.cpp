#include "sandbox/scenario_steps.h"

#include <vector>

namespace obolus::sandbox {

std::span<const Step> Steps() {
  static const std::vector<Step> kAll = [] {
    std::vector<Step> all;
    for (const auto steps : {CommerceSteps(), ShopperSteps(), ExpectSteps()}) {
      all.insert(all.end(), steps.begin(), steps.end());
    }
    return all;
  }();
  return kAll;
}

std::string DescribeSteps() {
  std::string out = "| step | |\n|---|---|\n";
  for (const Step& step : Steps()) {
    out += "| `" + std::string(step.pattern) + (step.takes_members ? " [name=value …]" : "") +
           "` | " + std::string(step.meaning) + " |\n";
  }
  return out;
}

}  // namespace obolus::sandbox
