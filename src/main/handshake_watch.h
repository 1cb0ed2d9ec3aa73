// Handshakes that a listener refused: each counted by its reason, and those about certificates put
// into the audit log (PCI DSS 10.2.1.4), at most so many a minute, because a stranger can cause as
// many as they like. The record after a pause says how many were left out. Called on engine
// threads.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "app/ports/audit_log.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "net/handshake_fault.h"

namespace obolus::main {

class HandshakeWatch {
 public:
  static constexpr int kRecordsAMinute = 60;

  // All outlive this object.
  HandshakeWatch(std::string listener, base::Metrics& metrics, const base::Clock& clock,
                 app::AuditLog& audit);

  void Refused(const net::HandshakeRefusal& refusal);

 private:
  const std::string listener_;
  const base::Clock& clock_;
  app::AuditLog& audit_;
  std::map<net::HandshakeFault, base::Counter> counters_;
  std::mutex mutex_;
  base::Timestamp minute_begins_;
  int records_ = 0;
  std::int64_t left_out_ = 0;
};

}  // namespace obolus::main
