// Holds a run to what Obolus promises, by an account of its own: what it was told in answers, what
// arrived at the bridge, and what the durable tables held after each step. It never asks the code
// under test. A broken promise is thrown as a Violation, which ends the run. Called by the parts of
// the simulation; one thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/cloud_event.h"
#include "app/open_session.h"
#include "simulation/coverage.h"
#include "storage/memory_tables.h"

namespace obolus::simulation {

// Not a std::exception, so that nothing on the way out catches it.
struct Violation {
  std::string invariant;
  std::string detail;
};

class Auditor {
 public:
  struct Terms {
    domain::Policy policy;
    bool remote_vault;
    const base::Timestamp& latest_wall;  // that any process has seen
    Coverage& coverage;
  };
  explicit Auditor(Terms terms) : terms_(std::move(terms)) {}

  // The sessions that one body saved, in a commit that is kept: each step must be a row of the
  // table of the session machine.
  void Stepped(const std::vector<domain::Session>& saved);
  // Whenever the tables may have changed, and nothing is half done.
  void Look(const storage::MemoryTables& tables);

  // Answers, as they leave a process (whether they arrive or not).
  void Shown(const domain::Session& session);
  // `keyed`: under an idempotency key, so that a replay gives the same bytes.
  void Opened(const std::string& request_id, bool keyed, const app::OpenedSession& opened);
  void Acknowledged(const app::CloudEvent& event, const std::vector<base::Uuid>& subjects);

  // At the bridge, every time an event comes in, and what Commerce answers. `clocks_agree`: those
  // of the processes do; replicas that do not know what time it is steal from each other.
  void Arrived(const app::OutboxEvent& event, base::Millis now, bool clocks_agree);
  void Accepted(const base::Uuid& id) { events_.at(id).accepted = true; }
  void Refused(const base::Uuid& id) { events_.at(id).refused = true; }
  bool WasAccepted(const base::Uuid& id) const { return events_.at(id).accepted; }

  void Vaulted(const base::Uuid& session_id, const std::string& card_id) {
    vaulted_.emplace(session_id, card_id);
  }
  // All requests with that X-Request-Id are repetitions, which open one session.
  void AddRepeatable(const std::string& request_id) { same_.insert(request_id); }
  // Events of that id are a test's own, not of a session.
  void AddStranger(const base::Uuid& session_id) { strangers_.insert(session_id); }

 private:
  struct SeenSession {
    domain::Session last;
    std::map<std::string, int> events;  // how many of each type
  };
  struct SeenEvent {
    app::OutboxEvent row;
    bool accepted = false;
    bool refused = false;
    std::int64_t minute = 0;  // of the last arrivals, and how many those are
    int in_minute = 0;
  };

  void LookAtSessions(const storage::SessionTable& sessions, std::vector<base::Uuid>& changed);
  void LookAtEvents(const storage::EventTable& events, std::vector<base::Uuid>& changed);
  void NewEvent(const app::OutboxEvent& row);
  void ChangedEvent(SeenEvent& seen, const app::OutboxEvent& row) const;
  void CheckPromises(const storage::MemoryTables& tables) const;
  void CheckOutcome(const SeenSession& seen) const;
  void CheckAttempt(const domain::Session& before, const domain::Session& after);
  void CheckCards(const SeenSession& seen, const storage::MemoryTables& tables) const;
  void CheckClosed(const domain::Session& session) const;

  Terms terms_;
  std::map<base::Uuid, SeenSession> sessions_;
  std::map<base::Uuid, SeenEvent> events_;
  std::map<base::Uuid, std::vector<base::Uuid>> by_session_;  // event ids, in order of insertion
  std::map<base::Uuid, domain::Session> stepped_;
  std::set<base::Uuid> returned_;                 // 3DS sessions that were ever `returned`
  std::map<base::Uuid, std::int64_t> promised_;   // session -> version in an answer
  std::map<std::string, std::string> opened_;     // request -> session key, when keyed
  std::map<std::string, base::Uuid> session_of_;  // request -> session
  std::set<std::string> same_;                    // requests that make one session
  std::set<std::pair<std::string, std::string>> acknowledged_;
  std::set<base::Uuid> voided_;     // subjects of acknowledged voids
  std::set<base::Uuid> completed_;  // and of CompleteTDSSession
  std::set<base::Uuid> strangers_;
  std::set<std::pair<base::Uuid, std::string>> vaulted_;
};

// The row of the table that leads from one saved session to the next. nullptr: none does.
const domain::Transition* RowBetween(const domain::Session& before, const domain::Session& after);

}  // namespace obolus::simulation
