// What a running Obolus can take anew without a restart: a list of named steps, each of which reads
// its files again and puts what they hold in place of what is in use, or fails and leaves that
// alone. Steps run one after the other on a thread of this object's own, which owns no connection
// and may wait: at SIGHUP (main/serve), at POST /reload (`obolus reload`), and by themselves when
// the poll finds that a step's files have changed. Made by main/wiring; any thread may ask.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/ports/audit_log.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "http/reload_route.h"

namespace obolus::main {

// The identity and time of these files as one text, which changes when any of them does. Cheap: no
// file is read. A file that is missing has a stamp too.
std::string StampOf(const std::vector<std::string>& files);

class Reload {
 public:
  struct Step {
    std::string name;        // of metrics, logs and answers: "commerce_tls"
    domain::AuditKind kind;  // what a change of it is to an auditor
    std::function<std::string()> stamp;
    std::function<base::Status()> run;  // all or nothing
  };

  // Both outlive this object.
  Reload(base::Metrics& metrics, app::AuditLog& audit);
  ~Reload();  // Stop()

  void Add(Step step);  // before Start; what its files are now counts as taken
  // The poll's interval; 0: only when asked.
  void Start(base::Millis poll_interval);
  // Runs every step, soon. `done` is called once, on this object's thread, or with kUnavailable
  // when this has stopped or too many have asked. `actor` is for the audit log: "signal",
  // "operator".
  void Ask(std::string actor, http::ReloadDone done);
  // Waits for the step under way; what was asked and not begun fails with kUnavailable.
  void Stop();

 private:
  struct Entry {
    Step step;
    std::string stamp;  // of what was taken or refused last
    base::Counter taken, failed;
    base::Gauge is_failed;
  };
  struct Request {
    std::string actor;
    http::ReloadDone done;
  };

  void Run(base::Millis poll_interval);
  std::vector<http::ReloadOutcome> RunSteps(const std::string& actor, bool changed_only);
  base::Status RunStep(Entry& entry, const std::string& actor, std::string stamp);

  base::Metrics& metrics_;
  app::AuditLog& audit_;
  std::vector<Entry> entries_;  // of the thread alone, once it runs
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Request> requests_;  // under mutex_, as is stopping_
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace obolus::main
