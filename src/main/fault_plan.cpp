#include "main/fault_plan.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <vector>

#include "storage/sqlite_database.h"

namespace obolus::main {
namespace {

using storage::faults::DiskCall;
using Words = std::vector<std::string_view>;

Words Split(std::string_view text, char separator) {
  Words words;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::optional<std::uint64_t> Number(std::string_view word) {
  std::uint64_t value = 0;
  const char* end = word.data() + word.size();
  const auto read = std::from_chars(word.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end || word.empty()) return std::nullopt;
  return value;
}

std::optional<FaultPlan::Kill> KillOf(const Words& words) {
  const auto at = words.size() == 3 ? Number(words[2]) : std::nullopt;
  if (!at || *at == 0) return std::nullopt;
  for (std::size_t i = 0; i < base::kFaultPoints; ++i) {
    const auto point = static_cast<base::FaultPoint>(i);
    if (base::ToString(point) == words[1]) return FaultPlan::Kill{point, *at};
  }
  return std::nullopt;
}

std::optional<storage::faults::PowerLoss> PowerOf(const Words& words) {
  if (words.size() != 3 && words.size() != 4) return std::nullopt;
  const auto seed = Number(words[1]);
  const auto at = Number(words[2]);
  const auto failing = words.size() == 4 ? Number(words[3]) : 0;
  if (!seed || !at || !failing || *at == 0) return std::nullopt;
  return storage::faults::PowerLoss{*seed, *at, *failing};
}

std::optional<storage::faults::DiskErrors> IoOf(const Words& words) {
  constexpr std::array<std::string_view, 5> kCalls = {"open", "read", "write", "sync", "truncate"};
  if (words.size() != 5 || (words[3] != "eio" && words[3] != "enospc")) return std::nullopt;
  const auto at = Number(words[2]);
  const auto lasts = Number(words[4]);
  if (!at || *at == 0 || !lasts) return std::nullopt;
  for (std::size_t i = 0; i < kCalls.size(); ++i) {
    if (kCalls[i] != words[1]) continue;
    return storage::faults::DiskErrors{static_cast<DiskCall>(i), *at, words[3] == "enospc",
                                       std::chrono::milliseconds(*lasts)};
  }
  return std::nullopt;
}

std::optional<MemoryFaults> MemoryOf(const Words& words) {
  if (words.size() != 2 && words.size() != 3) return std::nullopt;
  const auto at = Number(words[1]);
  const auto every = words.size() == 3 ? Number(words[2]) : 0;
  if (!at || !every || *at == 0) return std::nullopt;
  return MemoryFaults{*at, *every};
}

std::optional<std::string> SynchronousOf(const Words& words) {
  if (words.size() != 2) return std::nullopt;
  if (words[1] == "off") return "OFF";
  if (words[1] == "normal") return "NORMAL";
  if (words[1] == "full") return "FULL";
  return std::nullopt;
}

// False: it is there already, or it was not understood.
template <class T>
bool Take(std::optional<T>& place, std::optional<T> value) {
  if (place || !value) return false;
  place = std::move(value);
  return true;
}

bool Read(const Words& words, FaultPlan& plan) {
  if (words[0] == "kill") return Take(plan.kill, KillOf(words));
  if (words[0] == "power") return !plan.io && Take(plan.power, PowerOf(words));
  if (words[0] == "io") return !plan.power && Take(plan.io, IoOf(words));
  if (words[0] == "memory") return Take(plan.memory, MemoryOf(words));
  if (words[0] == "checkpoint") {
    return Take(plan.checkpoint_pages, words.size() == 2 ? Number(words[1]) : std::nullopt);
  }
  const auto synchronous = words[0] == "synchronous" ? SynchronousOf(words) : std::nullopt;
  if (!synchronous || !plan.synchronous.empty()) return false;
  plan.synchronous = *synchronous;
  return true;
}

FaultPlan armed;  // written once, before other threads start
std::array<std::atomic<std::uint64_t>, base::kFaultPoints> times_reached;

void Reached(base::FaultPoint point) {
  if (point == base::FaultPoint::kRequestRead) {
    storage::faults::BeginCounting();
    if (armed.memory) ArmMemoryFaults(*armed.memory);
  }
  if (!armed.kill || armed.kill->point != point) return;
  if (times_reached[static_cast<std::size_t>(point)].fetch_add(1) + 1 != armed.kill->at) return;
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

}  // namespace

base::Result<FaultPlan> ParseFaultPlan(std::string_view text) {
  FaultPlan plan;
  for (const std::string_view part : Split(text, ',')) {
    if (Read(Split(part, ':'), plan)) continue;
    return base::Fail(base::ErrorCode::kInvalid,
                      "OBOLUS_FAULT_PLAN: '" + std::string(part) + "' is not understood");
  }
  return plan;
}

void Arm(const FaultPlan& plan) {
  armed = plan;
  if (plan.power) storage::faults::InstallPowerLoss(*plan.power);
  // Files are opened at the start, so only there can opening fail.
  if (plan.io) storage::faults::InstallDiskErrors(*plan.io, plan.io->call != DiskCall::kOpen);
  if (!plan.synchronous.empty()) storage::SetSynchronous(plan.synchronous);
  base::SetFaultHook(Reached);
}

const FaultPlan& ArmedFaults() {
  return armed;
}

}  // namespace obolus::main
