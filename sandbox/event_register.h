// The memory of the event bridge: every event that Obolus sent, once by (source, id), however often
// it came. It checks what a receiver can check across deliveries: the same id carries the same
// bytes, no terminal has both CardSessionCreated and CardSessionFailed, none has two events of one
// type. What breaks a rule is kept as a violation for GET /control/report. Bounded; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "sandbox/cloud_event.h"

namespace obolus::sandbox {

enum class Reception {
  kNew,        // first time: act on it
  kDuplicate,  // seen before, same bytes: acknowledge, do nothing
  kChanged,    // seen before with other bytes: a violation
};

class EventRegister {
 public:
  static constexpr std::size_t kMaxEvents = 400'000;
  static constexpr std::size_t kMaxViolations = 1'000;

  // One attempt of a well-formed event. `answered_2xx`: Commerce will acknowledge it. An event that
  // was only refused so far is still new when it comes again.
  Reception Take(const IncomingEvent& event, const std::string& ce_time, const std::string& body,
                 bool answered_2xx);
  // One attempt that was refused as malformed; always a violation.
  void Refuse(const std::string& reason);
  // A rule that was broken elsewhere ("created after the void was acknowledged").
  void Violate(std::string rule, std::string terminal_id, std::string detail);
  void CountUnmatched();

  // {"events": {"attempts", "accepted", "duplicates", "refused", "unmatched", "by_type"},
  // "violations": [...],
  //  "violation_count"}
  base::json::object Report() const;
  void Reset();

 private:
  struct Known {
    std::string digest;  // SHA-256 of type, time and body
    bool accepted = false;
  };
  struct Violation {
    std::string rule;
    std::string terminal_id;
    std::string detail;
  };

  void ViolateLocked(std::string rule, std::string terminal_id, std::string detail);
  void CheckTerminal(const IncomingEvent& event);
  void Bound();

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Known> known_;  // by source and id
  std::deque<std::string> known_order_;
  std::unordered_map<std::string, std::map<std::string, std::string>> by_terminal_;  // type to id
  std::deque<std::string> terminal_order_;
  std::vector<Violation> violations_;
  std::int64_t violation_count_ = 0;
  std::int64_t attempts_ = 0;
  std::int64_t accepted_ = 0;
  std::int64_t duplicates_ = 0;
  std::int64_t refused_ = 0;
  std::int64_t unmatched_ = 0;
  std::map<std::string, std::int64_t> by_type_;  // accepted ones
};

}  // namespace obolus::sandbox
