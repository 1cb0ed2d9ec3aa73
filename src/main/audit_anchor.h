// Writes into the store how far the audit log is, at the start, every hour and at the end, and says
// at the start when the log is shorter than the store knows: whoever takes lines away from the end
// of the files, and their audit.head, would have to rewrite the database too. Facts are never
// replaced, so each anchor is one of its own, numbered. Also records that the store's schema is
// another than before. Made by main/wiring.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "app/ports/store.h"
#include "base/clock.h"
#include "storage/file_audit_log.h"

namespace obolus::main {

class AuditAnchor {
 public:
  static constexpr base::Millis kInterval{3'600'000};

  // All outlive this, and this the scheduler's last task. `instance`: whose log it is, among those
  // that share the store.
  AuditAnchor(app::Store& store, storage::FileAuditLog& log, base::Scheduler& scheduler,
              const std::string& instance);

  // Compares and records; waits for the store. kUnavailable.
  base::Status Compare();
  // Writes now and from then on.
  void Start();
  // Writes once more, waiting, and no more then.
  void Stop();

 private:
  using Done = std::function<void(base::Status)>;
  std::string NameOf(std::int64_t number) const;
  void Write(Done done);
  void Round();

  app::Store& store_;
  storage::FileAuditLog& log_;
  base::Scheduler& scheduler_;
  const std::string prefix_;
  std::atomic<std::int64_t> next_ = 1;
  std::atomic<std::uint64_t> written_ = 0;  // the line that the last anchor names
  std::atomic<bool> stopped_ = false;
};

// Once for each version of a schema (0: none) and store: records store_migrated. `mark` is this
// process's own. Waits for the store. kUnavailable.
base::Status NoteSchema(app::Store& store, app::AuditLog& audit, std::int64_t version,
                        const std::string& mark);

}  // namespace obolus::main
