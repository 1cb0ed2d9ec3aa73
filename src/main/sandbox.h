// What this process can still do once it serves, so that who takes it over has little: an
// unprivileged user without capabilities, the files and TCP ports that the configuration names
// (main/landlock), and the system calls that serving needs (main/syscall_filter). Entered by
// main/wiring in three steps, each while it can still be complete. Layers that the kernel lacks are
// named in the log, in /metrics and by `obolus check`; with sandbox.required nothing starts then.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/ports/audit_log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "main/config.h"
#include "main/run_as.h"
#include "main/syscall_filter.h"

namespace obolus::main {

struct SandboxLayer {
  const char* name;  // "user", "capabilities", "files", "ports", "signals", "system_calls"
  bool holds;
};

// What this machine and configuration can have, without entering anything; all of it or not. The
// text is for people.
struct SandboxForecast {
  bool complete = false;
  std::string text;
};
SandboxForecast ForecastSandbox(const Config& config);

class Sandbox {
 public:
  // The user, its capabilities, files and ports; makes data_dir first. The process must have one
  // thread: those that start later inherit all of it. Errors, in order: kInvalid (run_as),
  // kUnavailable (data_dir; the kernel refused; sandbox.required is true and a layer is missing).
  static base::Result<Sandbox> Enter(const Config& config,
                                     const std::map<std::string, std::string>& environment);

  // Keys, store and peers are open, no listener is: system calls are filtered on every thread.
  // kUnavailable: the kernel refused.
  base::Status CloseSystemCalls();
  // The listeners are open: no other will be, and what root was kept for goes. After it the layers
  // stand, and are logged, counted and recorded. kUnavailable: the kernel refused.
  base::Status Finish(base::Metrics& metrics, app::AuditLog& audit);

  // In the order of SandboxLayer's names.
  std::vector<SandboxLayer> Layers() const;

 private:
  explicit Sandbox(const Config& config);
  base::Status Confine(const Config& config, const std::map<std::string, std::string>& environment);

  SandboxMode mode_;
  bool required_;
  std::optional<Account> account_;
  bool stepped_down_ = false;
  int landlock_ = 0;  // the version in force
  bool filters_ = false;
};

}  // namespace obolus::main
