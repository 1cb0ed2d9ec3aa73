// The grammar of scenarios: every step as a pattern of words, what it means, and the function that
// does it. `<name>` in a pattern takes one word. The one list that the reader matches lines
// against, that `trigger --grammar` prints, and that sandbox/README.md shows. Steps run on the
// thread of their scenario.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace obolus::sandbox {

class Stage;
struct ScenarioLine;

struct Step {
  std::string_view pattern;
  bool takes_members = false;
  std::string_view meaning;
  // The error's message says what was expected and what came.
  base::Status (*run)(Stage& stage, const ScenarioLine& line);
};

std::span<const Step> Steps();

// Those of one actor each; the files scenario_commerce, scenario_shopper and scenario_expect.
std::span<const Step> CommerceSteps();
std::span<const Step> ShopperSteps();
std::span<const Step> ExpectSteps();

// A Markdown table of all steps.
std::string DescribeSteps();

}  // namespace obolus::sandbox
