// simulate: runs seeds until one breaks a promise of Obolus, or all have held.
//   simulate [--seeds N] [--from N] [--mutant NAME]    a campaign
//   simulate --seed N [--trace] [--mutant NAME]        one history
// Exit codes: 0 all held and all was reached, 1 a promise was broken, 2 usage, 3 something was
// never reached.
#include <charconv>
#include <chrono>
#include <cstring>
#include <ctime>
#include <string>

#include "simulation/simulation.h"

namespace obolus::simulation {
namespace {

struct Options {
  const char* program = "simulate";
  std::uint64_t from = 1;
  std::uint64_t seeds = 10'000;
  bool one = false;
  bool trace = false;
  Mutant mutant = Mutant::kNone;
};

using Seed = unsigned long long;

bool ReadNumber(const char* text, std::uint64_t& number) {
  const char* end = text + std::strlen(text);
  const auto read = std::from_chars(text, end, number);
  return read.ec == std::errc() && read.ptr == end;
}

bool ReadMutant(std::string_view text, Mutant& mutant) {
  for (std::size_t i = 0; i < kMutants; ++i) {
    mutant = static_cast<Mutant>(i);
    if (text == ToString(mutant)) return true;
  }
  return false;
}

bool ReadOptions(int argc, char** argv, Options& options) {
  options.program = argv[0];
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--trace") {
      options.trace = true;
      continue;
    }
    const char* value = ++i < argc ? argv[i] : "";
    bool good = false;
    if (name == "--seeds") good = ReadNumber(value, options.seeds);
    if (name == "--from") good = ReadNumber(value, options.from);
    if (name == "--mutant") good = ReadMutant(value, options.mutant);
    if (name == "--seed") {
      good = ReadNumber(value, options.from);
      options.one = true;
      options.seeds = 1;
    }
    if (!good) return false;
  }
  return true;
}

void PrintViolation(std::uint64_t seed, const Options& options, const Violation& violation) {
  std::printf("simulate: seed %llu broke a promise: %s\n  %s\n  again: %s --seed %llu --trace",
              static_cast<Seed>(seed), violation.invariant.c_str(), violation.detail.c_str(),
              options.program, static_cast<Seed>(seed));
  if (options.mutant != Mutant::kNone) {
    std::printf(" --mutant %s", std::string(ToString(options.mutant)).c_str());
  }
  std::printf("\n");
}

int Run(const Options& options) {
  Coverage coverage;
  std::uint64_t hash = 14695981039346656037ULL;
  std::uint64_t notes = 0;
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t cpu_begin = std::clock();
  for (std::uint64_t seed = options.from; seed < options.from + options.seeds; ++seed) {
    const Verdict verdict = Simulate(seed, options.mutant, options.trace ? stdout : nullptr);
    coverage.Add(verdict.coverage);
    hash = (hash ^ verdict.hash) * 1099511628211ULL;
    notes += verdict.notes;
    if (verdict.violation) {
      PrintViolation(seed, options, *verdict.violation);
      return 1;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const double cpu = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
  if (!options.one) coverage.Print(stdout);
  std::printf(
      "simulate: %llu seeds from %llu held: %llu steps noted, hash of all %016llx, %.1f s (%.1f s "
      "of CPU), %.0f seeds/s\n",
      static_cast<Seed>(options.seeds), static_cast<Seed>(options.from), static_cast<Seed>(notes),
      static_cast<Seed>(hash), took.count(), cpu,
      static_cast<double>(options.seeds) / took.count());
  if (options.one) return 0;
  const auto missing = coverage.Missing();
  for (const auto& name : missing) std::printf("simulate: never reached: %s\n", name.c_str());
  return missing.empty() ? 0 : 3;
}

}  // namespace
}  // namespace obolus::simulation

int main(int argc, char** argv) {
  obolus::simulation::Options options;
  if (!obolus::simulation::ReadOptions(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: simulate [--seeds N] [--from N] [--mutant NAME]\n"
                 "       simulate --seed N [--trace] [--mutant NAME]\n");
    return 2;
  }
  return obolus::simulation::Run(options);
}
