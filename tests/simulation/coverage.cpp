#include "simulation/coverage.h"

namespace obolus::simulation {
namespace {

template <class Counts>
void AddTo(Counts& counts, const Counts& more) {
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += more[i];
}

std::string NameOf(const domain::Transition& row) {
  return std::string(domain::ToString(row.kind)) + ": " + std::string(domain::ToString(row.from)) +
         " -" + std::string(domain::ToString(row.trigger)) + "-> " +
         std::string(domain::ToString(row.to));
}

// Name and count of everything, in order.
template <class Visit>
void ForEach(const Coverage& coverage, Visit visit) {
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    visit("fault", std::string(ToString(static_cast<FaultKind>(i))), coverage.faults[i]);
  }
  for (std::size_t i = 0; i < base::kFaultPoints; ++i) {
    const auto name = std::string(base::ToString(static_cast<base::FaultPoint>(i)));
    visit("point", name, coverage.passed[i]);
    visit("crash", name, coverage.crashed[i]);
  }
  for (std::size_t i = 0; i < coverage.rows.size(); ++i) {
    visit("row", NameOf(domain::Transitions()[i]), coverage.rows[i]);
  }
}

}  // namespace

std::string_view ToString(FaultKind kind) {
  static constexpr std::array<std::string_view, kFaultKinds> kNames = {
      "request_lost",      "request_repeated",   "request_late",  "answer_lost",
      "answer_late",       "crash_at_point",     "crash_at_once", "commit_fails",
      "commit_unknown",    "crash_in_commit",    "call_fails",    "bodies_run_again",
      "store_slow",        "store_full",         "clock_forward", "clock_back",
      "clock_skewed",      "server_key_new",     "event_lost",    "event_repeated",
      "event_late",        "bridge_outage",      "bridge_4xx",    "bridge_5xx",
      "bridge_gone",       "bridge_retry_after", "bridge_silent", "vault_refuses",
      "vault_unavailable", "vault_silent",       "vault_late",    "inbound_again",
      "inbound_early",     "key_for_other_body"};
  return kNames[static_cast<std::size_t>(kind)];
}

void Coverage::Add(const Coverage& other) {
  AddTo(faults, other.faults);
  AddTo(passed, other.passed);
  AddTo(crashed, other.crashed);
  AddTo(rows, other.rows);
}

void Coverage::Print(std::FILE* out) const {
  ForEach(*this, [out](const char* what, const std::string& name, std::uint64_t count) {
    std::fprintf(out, "  %-6s %-46s %12llu\n", what, name.c_str(),
                 static_cast<unsigned long long>(count));
  });
}

std::vector<std::string> Coverage::Missing() const {
  std::vector<std::string> missing;
  ForEach(*this, [&](const char* what, const std::string& name, std::uint64_t count) {
    if (count == 0) missing.push_back(std::string(what) + " " + name);
  });
  return missing;
}

}  // namespace obolus::simulation
