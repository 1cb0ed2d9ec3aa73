// The simulated attack beside the honest crowd: each plan of attack.h in a town of its own, and one
// line of figures for each. Fails when a plan that is held to the target gets more than one card in
// a hundred to the vault, or more than one honest person in a thousand is blocked in any town. The
// work itself is made easy here, as thousands do it; tests/card_testing/work.mjs measures what it
// costs a phone. One thread.
//
//   card_testing [--people N] [--plans TEXT] [--held]
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "card_testing/attack.h"

namespace obolus::card_testing {
namespace {

constexpr double kMostReached = 0.01;
constexpr double kMostBlocked = 0.001;
constexpr Millis kQuietBefore{1'800'000};
constexpr Millis kAfter{1'800'000};

struct Options {
  int people = 20'000;
  std::string plans;
  bool held_only = false;
};

double Share(int part, int whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / whole;
}

// False: a figure is missed.
bool Run(const Plan& plan, const Options& options) {
  app::LimitRules rules;
  rules.outcomes = plan.outcomes;
  rules.some_work = rules.more_work = {.bits = 4, .parts = 1};
  Town town(20261128, rules);
  const Millis attack_takes = plan.apart * plan.cards;
  Crowd crowd(town, options.people, kQuietBefore + attack_takes + kAfter);
  Attack attack(town, crowd, plan, kQuietBefore);
  town.Run();
  const auto& tests = attack.figures();
  const auto& honest = crowd.figures();
  const double reached = Share(tests.reached, tests.tried);
  const double blocked = Share(honest.blocked, honest.people);
  const bool kept = blocked <= kMostBlocked && (!plan.held_to_target || reached <= kMostReached);
  std::printf("%-58s %7d %7d %6.2f%% %7d %8d %5d %6.3f%% %6.1f%% %6.1f%% %s\n", plan.name.c_str(),
              tests.tried, tests.reached, 100 * reached, tests.proofs, honest.people,
              honest.blocked, 100 * blocked, 100 * Share(honest.stepped_up, honest.people),
              100 * Share(honest.waited, honest.people),
              !kept                 ? "MISSED"
              : plan.held_to_target ? "ok"
                                    : "measured");
  std::fflush(stdout);
  return kept;
}

int RunAll(const Options& options) {
  std::printf("%-58s %7s %7s %7s %7s %8s %5s %7s %7s %7s\n", "attack", "tried", "vault", "",
              "proofs", "honest", "shut", "", "worked", "waited");
  int missed = 0, ran = 0;
  for (const Plan& plan : Plans()) {
    if (options.held_only && !plan.held_to_target) continue;
    if (plan.name.find(options.plans) == std::string::npos) continue;
    ++ran;
    missed += Run(plan, options) ? 0 : 1;
  }
  std::printf(
      "card testing: %d attacks, %d missed a figure (at most 1 %% to the vault, 0.1 %% of"
      " honest people shut out)\n",
      ran, missed);
  return ran > 0 && missed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace obolus::card_testing

int main(int argc, char** argv) {
  obolus::card_testing::Options options;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--held") == 0) {
      options.held_only = true;
    } else if (std::strcmp(argv[i], "--people") == 0 && i + 1 < argc) {
      options.people = std::atoi(argv[++i]);
    } else if (std::strcmp(argv[i], "--plans") == 0 && i + 1 < argc) {
      options.plans = argv[++i];
    } else {
      std::fprintf(stderr, "usage: card_testing [--people N] [--plans TEXT] [--held]\n");
      return 64;
    }
  }
  return obolus::card_testing::RunAll(options);
}
