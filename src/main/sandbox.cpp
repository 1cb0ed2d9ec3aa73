#include "main/sandbox.h"

#include <dirent.h>
#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/log.h"
#include "main/sandbox_config.h"
#include "main/store_config.h"

namespace obolus::main {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Status;

constexpr int kPortsFrom = 4, kSignalsFrom = 6;  // versions of Landlock
constexpr std::uint16_t kLowestFreePort = 1024;

// Their run-time needs executable memory, ptrace and /proc; they look for other faults than these.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif
#else
constexpr bool kIsSanitized = false;
#endif

bool HasOneThread() {
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(opendir("/proc/self/task"), closedir);
  int threads = 0;
  while (tasks && threads < 2) {
    const dirent* task = readdir(tasks.get());
    if (task == nullptr) break;
    if (task->d_name[0] != '.') ++threads;
  }
  return threads == 1;
}

// glibc loads these at the first look-up of a name, when no memory may become executable any more.
void LoadNameServices() {
  std::ifstream file("/etc/nsswitch.conf");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("hosts:")) continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    for (std::string word; words >> word;) {
      if (!std::ranges::all_of(word, [](char c) { return std::isalnum(c) != 0 || c == '_'; })) {
        continue;
      }
      // Never closed: from now on glibc finds it loaded.
      dlopen(("libnss_" + word + ".so.2").c_str(), RTLD_NOW);
    }
  }
}

bool BindsLowPort(const Config& config) {
  for (const auto* listener : {&config.commerce, &config.shopper, &config.operators}) {
    if (listener->port != 0 && listener->port < kLowestFreePort) return true;
  }
  return false;
}

std::string Names(const std::vector<SandboxLayer>& layers, bool holds) {
  std::string names;
  for (const auto& layer : layers) {
    if (layer.holds == holds) names += (names.empty() ? "" : ", ") + std::string(layer.name);
  }
  return names;
}

std::vector<SandboxLayer> LayersOf(bool user, bool capabilities, int landlock, bool filters) {
  return {{"user", user},
          {"capabilities", capabilities},
          {"files", landlock >= 1},
          {"ports", landlock >= kPortsFrom},
          {"signals", landlock >= kSignalsFrom},
          {"system_calls", filters}};
}

Status RefuseIfIncomplete(bool required, const std::vector<SandboxLayer>& layers) {
  const std::string missing = Names(layers, false);
  if (!required || missing.empty()) return {};
  return Fail(ErrorCode::kUnavailable,
              "sandbox.required is true, and these layers are missing: " + missing);
}

}  // namespace

SandboxForecast ForecastSandbox(const Config& config) {
  if (kIsSanitized) return {false, "off: this is a build for sanitizers"};
  if (config.sandbox.mode == SandboxMode::kOff) return {false, "off: sandbox.mode"};
  const auto account = FindAccount(config.sandbox.run_as);
  if (!account) return {false, "sandbox.run_as " + account.error().message};
  const bool is_on = config.sandbox.mode == SandboxMode::kOn;
  const bool is_user = *account || geteuid() != 0;
  const auto layers =
      LayersOf(is_user, true, is_on ? LandlockVersion() : 0, is_on && SyscallFilterIsThere());
  const std::string missing = Names(layers, false);
  if (missing.empty()) return {true, Names(layers, true)};
  return {false, "without " + missing + (is_on ? "" : ": sandbox.mode is \"log\"") +
                     (is_user ? "" : "; started as root, so name a user in sandbox.run_as")};
}

Sandbox::Sandbox(const Config& config)
    : mode_(kIsSanitized ? SandboxMode::kOff : config.sandbox.mode),
      required_(config.sandbox.required) {}

base::Result<Sandbox> Sandbox::Enter(const Config& config,
                                     const std::map<std::string, std::string>& environment) {
  Sandbox sandbox(config);
  auto account = FindAccount(config.sandbox.run_as);
  if (!account) {
    return Fail(account.error().code, "sandbox.run_as " + account.error().message);
  }
  sandbox.account_ = std::move(*account);
  // The audit log makes its folder too, but not where only root may.
  for (const std::string& folder : {config.data_dir, config.audit.dir}) {
    auto ready = MakeDataDir(folder);
    if (ready && sandbox.account_) ready = HandOver(folder, *sandbox.account_);
    if (!ready) return std::unexpected(ready.error());
  }
  if (auto confined = sandbox.Confine(config, environment); !confined) {
    return std::unexpected(confined.error());
  }
  return sandbox;
}

Status Sandbox::Confine(const Config& config,
                        const std::map<std::string, std::string>& environment) {
  const bool is_off = mode_ == SandboxMode::kOff;
  if (is_off && !account_) return RefuseIfIncomplete(required_, Layers());
  if (!HasOneThread()) {
    return Fail(ErrorCode::kUnavailable,
                "sandbox: another thread runs already (a preloaded library?), and would stay "
                "outside");
  }
  const Reach reach = ReachOf(config, environment);
  if (!is_off) LoadNameServices();
  if (auto down = StepDown(account_, BindsLowPort(config)); !down) return down;
  stepped_down_ = true;
  const int version = mode_ == SandboxMode::kOn ? LandlockVersion() : 0;
  if (version > 0) {
    if (auto confined = ConfineTo(reach); !confined) return confined;
    landlock_ = version;
  }
  const bool will_filter = mode_ == SandboxMode::kOn && SyscallFilterIsThere();
  return RefuseIfIncomplete(required_,
                            LayersOf(geteuid() != 0, stepped_down_, landlock_, will_filter));
}

Status Sandbox::CloseSystemCalls() {
  if (mode_ == SandboxMode::kOff || !SyscallFilterIsThere()) return {};
  const auto mode = mode_ == SandboxMode::kOn ? FilterMode::kForbid : FilterMode::kLog;
  if (auto filtered = FilterSyscalls(FilterStage::kStarting, mode); !filtered) return filtered;
  filters_ = mode_ == SandboxMode::kOn;
  return {};
}

Status Sandbox::Finish(base::Metrics& metrics, app::AuditLog& audit) {
  if (auto given_up = GiveUpTheRest(account_); !given_up) return given_up;
  if (mode_ != SandboxMode::kOff && SyscallFilterIsThere()) {
    const auto mode = filters_ ? FilterMode::kForbid : FilterMode::kLog;
    if (auto filtered = FilterSyscalls(FilterStage::kServing, mode); !filtered) return filtered;
  }
  const auto layers = Layers();
  for (const auto& layer : layers) {
    metrics
        .AddGauge("obolus_sandbox_layer",
                  "1: this layer of the sandbox holds; 0: the kernel or a setting is without it.",
                  {{"layer", layer.name}})
        .Set(layer.holds ? 1 : 0);
  }
  using base::Field;
  const std::string missing = Names(layers, false);
  base::Log(missing.empty() ? base::LogLevel::kInfo : base::LogLevel::kWarn, "sandbox",
            {{Field::kOutcome, missing.empty() ? "complete" : "without " + missing},
             {Field::kDetail, Names(layers, true)}});
  audit.Record({.kind = domain::AuditKind::kSandboxEntered,
                .success = missing.empty(),
                .actor = "obolus",
                .details = {{"layers", Names(layers, true)}, {"missing", missing}}});
  return {};
}

std::vector<SandboxLayer> Sandbox::Layers() const {
  return LayersOf(stepped_down_ && geteuid() != 0, stepped_down_, landlock_, filters_);
}

}  // namespace obolus::main
