// Says whether the lines of an audit log hang together: each authentic, each after the one before,
// from the first line that was not removed on purpose to the last that anybody knows of. Fed with
// the files, oldest first, by the command that verifies; it goes on behind a fault, so that the
// report tells one changed line from a log that is lost. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/audit_line.h"

namespace obolus::app {

struct AuditFault {
  std::string file;
  std::size_t line = 0;  // from 1; 0: the file as a whole
  std::string what;

  bool operator==(const AuditFault&) const = default;
};

struct AuditReport {
  std::vector<AuditFault> faults;  // the first hundred
  std::size_t all_faults = 0;
  std::size_t files = 0;
  std::size_t lines = 0;
  std::uint64_t first = 0;           // number of the first line; 0: there is none
  base::ChainHead head;              // the last authentic line
  std::uint64_t lost = 0;            // records that the log says it could not keep
  std::size_t unfinished_bytes = 0;  // at the end of a log that is being written, or was torn
};

class AuditVerifier {
 public:
  // `key` empty: the HMACs are not looked at, so changes are found by the hashes alone. It outlives
  // this. `heads`: what is known of how far the log is, by where it is known from; each must be a
  // line of it.
  AuditVerifier(base::ByteView key, std::map<std::string, base::ChainHead> heads)
      : key_(key), heads_(std::move(heads)) {}

  // Called with each line that is an entry, in order; may be left out.
  void OnEntry(std::function<void(const AuditEntry&, std::string_view line)> use) {
    use_ = std::move(use);
  }

  void AddFile(const std::string& name, std::string_view text);
  // A fault from elsewhere: audit.head that cannot be read.
  void AddFault(AuditFault fault);
  AuditReport Finish();

 private:
  void AddLine(std::string_view line);
  void NoteRemoval(const AuditEntry& entry);
  void Fault(std::string what);

  const base::ByteView key_;
  std::map<std::string, base::ChainHead> heads_;  // those not met yet
  std::function<void(const AuditEntry&, std::string_view)> use_;
  AuditReport report_;
  std::string file_;
  std::size_t line_ = 0;
  base::Sha256Digest before_first_{};     // what the first line says came before
  std::vector<base::ChainHead> removed_;  // last lines of files that were removed on purpose
  std::optional<domain::AuditKind> last_kind_{};
};

// The detail of audit_rotated that says that a file was removed on purpose: the head of its last
// line.
inline constexpr std::string_view kRemovedUpTo = "removed_up_to";

}  // namespace obolus::app
