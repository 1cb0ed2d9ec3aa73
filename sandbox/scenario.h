// A scenario: a story of Commerce, shopper, bank and bridge as a text file whose name is the story.
// `ReadScenario` turns the text into steps by the grammar of scenario_steps.h, so that a misspelt
// line is found before anything runs; `ReadScenarios` reads those compiled in or a folder's. Pure
// values; used by trigger and tests.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace obolus::sandbox {

struct Step;

// `name=value` at the end of a line.
struct ScenarioMember {
  std::string name;
  std::string text;
  bool quoted = false;  // then it is a text, whatever it looks like
};

// A line as it was written and taken apart.
struct ScenarioLine {
  int number = 0;  // from 1
  std::string text;
  const Step* step = nullptr;          // of the grammar; static
  std::vector<std::string> arguments;  // for the <names> of its pattern, in order
  std::vector<ScenarioMember> members;
  int within_s = 10;
};

//   # What happens and why it matters, in words: shown by `trigger --list`.
//   needs vault guardian                      only where `--provides "vault guardian"` says so
//   commerce opens a payment session expires_in=60
//   expect the payment session is expired within 80 s
//
// A line is a step: words between blanks, "with quotes" when there is a blank in one. `name=value`
// at the end is a member of what is sent or compared: null, true, false, a number, a list
// [of,texts] or a text; dots go deeper (payment.amount=4900). `$name` is what the scenario learnt
// before ($terminal_id). A line that begins with # is for people. `within N s` lets an expectation
// wait for so long (10 s unless it says).
struct Scenario {
  std::string name;   // the file's, without ".scenario"
  std::string story;  // its first comment lines, joined
  std::vector<std::string> needs;
  std::vector<ScenarioLine> lines;

  int LongestWaitSeconds() const;
};

inline constexpr std::string_view kScenarioSuffix = ".scenario";

// kInvalid, "name.scenario:12: ..." : a line that no step's pattern fits (the nearest is named), a
// quote without an end, a member that is none.
base::Result<Scenario> ReadScenario(std::string_view name, std::string_view text);

// By name. Those compiled in, and those of the *.scenario files of `folder` unless it is empty,
// which come instead of one of the same name. Errors: those of ReadScenario; kNotFound: no such
// folder, or none in it.
using ScenarioBook = std::map<std::string, Scenario, std::less<>>;
base::Result<ScenarioBook> ReadScenarios(const std::filesystem::path& folder);

// {"payment.amount": "4900"} as {"payment": {"amount": 4900}}. `expand` gives what a text with $ in
// it means.
using Expand = std::function<base::Result<std::string>(const std::string&)>;
base::Result<base::json::object> ReadMembers(const std::vector<ScenarioMember>& members,
                                             const Expand& expand);

// "payment.amount=4900" of a command line, or why it is none.
base::Result<ScenarioMember> ReadMember(std::string_view text);

}  // namespace obolus::sandbox
