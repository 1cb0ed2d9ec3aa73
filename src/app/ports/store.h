// Where sessions, events and their like outlive the process. Work is given as a `Body` that runs
// inside one transaction; bodies of many callers share one commit (group commit), and `done` is
// called only after that commit is durable. So a 2xx that is sent from `done` is kept. Implemented
// by storage/; one contract suite (tests/contract) holds all implementations to this page.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "domain/timeline.h"

namespace obolus::app {

using base::Result;
using base::Status;
using base::Timestamp;
using base::Uuid;

enum class EventStatus : std::uint8_t { kPending, kDelivered, kParked };
std::string_view ToString(EventStatus status);  // "pending", "delivered", "parked"

// One event on its way to Commerce. Everything but the last group is frozen when it is inserted.
struct OutboxEvent {
  Uuid id;          // ce-id, time-ordered
  Uuid session_id;  // order is kept within one session
  std::string type;
  std::string subject;      // ce-subject: the terminal id
  std::string traceparent;  // ce-traceparent
  std::string request_id;   // X-Request-Id: of the POST that opened the session
  Timestamp time;           // ce-time
  std::string body;         // the exact bytes of every attempt

  EventStatus status = EventStatus::kPending;
  int attempts = 0;
  Timestamp due_at;                     // not before
  Timestamp first_due_at;               // when trying began, for giving up
  std::optional<Timestamp> settled_at;  // delivered or parked
  std::string last_error;               // empty: none
  std::int64_t lease = 0;               // how often it was claimed: the fence of a claim

  bool operator==(const OutboxEvent&) const = default;
};

// An answer kept for replays (IETF draft-ietf-httpapi-idempotency-key-header).
struct IdempotentAnswer {
  std::string scope;  // who called, and which route
  std::string key;
  base::Sha256Digest request_digest{};
  int status = 0;
  std::string body;
  Timestamp created_at;

  bool operator==(const IdempotentAnswer&) const = default;
};

// An event that Commerce sent, kept for deduplication by (source, id), and as a tombstone when it
// came before its session.
struct ReceivedEvent {
  std::string source;
  std::string id;
  std::string type;
  std::vector<Uuid> subjects;  // every id it may be about
  std::string data;  // JSON without secrets: what app/receive_event needs to apply it later
  bool applied = false;
  Timestamp received_at;

  bool operator==(const ReceivedEvent&) const = default;
};

// A card as the embedded vault seals it.
struct SealedCard {
  Uuid id;
  Uuid session_id;
  std::string key_id;       // of the key-encryption key
  std::string wrapped_key;  // the record's key, sealed
  std::string ciphertext;   // the card, sealed under the record's key
  Timestamp valid_until;    // deleted then

  bool operator==(const SealedCard&) const = default;
};

struct CardCount {
  std::string key_id;
  std::int64_t cards = 0;

  bool operator==(const CardCount&) const = default;
};

// A card in a remote vault that is to be deleted there: the intent, written with the commit that
// makes the card useless, and already when it is stored, for the end of its time.
struct CardDeletion {
  std::string card_id;  // as the vault names it
  Uuid session_id;
  Timestamp due_at;        // not before
  Timestamp first_due_at;  // when trying began, or will
  int attempts = 0;
  std::int64_t lease = 0;  // how often it was claimed: the fence of a claim

  bool operator==(const CardDeletion&) const = default;
};

struct DeletionCounts {
  std::int64_t waiting = 0;              // due by now
  std::optional<Timestamp> oldest = {};  // first_due_at of the one that waits longest
};

// What a relay asks for. An event is fresh when trying began, or would have, at `fresh_since` or
// later (first_due_at); fresh ones come first, so that a backlog does not hold them up.
struct ClaimRequest {
  Timestamp now;
  Timestamp lease_until;
  Timestamp fresh_since;
  std::size_t limit = 0;          // in all
  std::size_t backlog_limit = 0;  // of those that are not fresh
  // Nobody means to wait longer: what is due later than this was written by a clock that was wrong,
  // and is due now.
  Timestamp latest_due = Timestamp::max();
};

struct EventFilter {
  std::optional<EventStatus> status = std::nullopt;
  std::optional<Uuid> session_id = std::nullopt;
  std::size_t limit = 100;
};

struct OutboxCounts {
  std::int64_t pending = 0;
  std::int64_t parked = 0;
  std::optional<Timestamp> oldest_pending;  // ce-time of the one inserted first
};

// The view inside one transaction. Reads see this transaction's writes. Every call may fail with
// kUnavailable (disk, database); a body returns such an error as it got it.
class Transaction {
 public:
  static constexpr std::chrono::hours kTalliesKeptFor{24};

  virtual ~Transaction() = default;

  virtual Result<std::optional<domain::Session>> FindSession(const Uuid& id) = 0;
  // The latest session of that kind and terminal: the one that has not ended (no other begins
  // meanwhile), else the greatest id.
  virtual Result<std::optional<domain::Session>> FindByTerminal(domain::SessionKind kind,
                                                                const Uuid& terminal_id) = 0;
  // The latest 3DS session (greatest id) whose payment_terminal_id is that one.
  virtual Result<std::optional<domain::Session>> FindChallengeOf(
      const Uuid& payment_terminal_id) = 0;
  // The latest payment session whose payment.id is that UUID (domain::PaymentIdOf): one that has
  // not ended before those that have, then the greatest id.
  virtual Result<std::optional<domain::Session>> FindByPayment(const Uuid& payment_id) = 0;
  // kConflict: the id exists, or another session of that kind and terminal has not ended. A
  // terminal that is the session's own id has just been minted, so no other session can have it.
  virtual Status InsertSession(const domain::Session& session) = 0;
  // Id, kind, terminal and payment.id stay as they were inserted. `entered`: the state is another
  // than the stored one; goes into the notice. kConflict: the stored version is not
  // session.version - 1.
  virtual Status SaveSession(const domain::Session& session, bool entered) = 0;
  // Adds to the timeline of entry.session_id, unless that has `limit` entries or more; then nothing
  // happens. The session need not exist.
  virtual Status AppendTimeline(const domain::TimelineEntry& entry, std::size_t limit) = 0;
  // Oldest first: in the order in which they were added.
  virtual Result<std::vector<domain::TimelineEntry>> ListTimeline(const Uuid& session_id) = 0;
  // Ids of sessions that have not ended (domain::IsEnd) and whose expires_at, or lease_until, is <=
  // now; oldest first.
  virtual Result<std::vector<Uuid>> FindDueSessions(Timestamp now, std::size_t limit) = 0;

  virtual Result<std::optional<IdempotentAnswer>> FindAnswer(const std::string& scope,
                                                             const std::string& key) = 0;
  // kConflict: there is one.
  virtual Status InsertAnswer(const IdempotentAnswer& answer) = 0;

  // False: (source, id) was there already, and nothing was written.
  virtual Result<bool> InsertReceived(const ReceivedEvent& event) = 0;
  // Not applied events about that id, in order of arrival.
  virtual Result<std::vector<ReceivedEvent>> FindUnapplied(const Uuid& subject) = 0;
  // kNotFound. Again is no error.
  virtual Status MarkApplied(const std::string& source, const std::string& id) = 0;

  virtual Status InsertEvent(const OutboxEvent& event) = 0;  // kConflict: the id exists
  virtual Result<std::optional<OutboxEvent>> FindEvent(const Uuid& id) = 0;
  virtual Result<std::vector<OutboxEvent>> ListEvents(
      const EventFilter& filter) = 0;  // newest first
  // Pending events with due_at <= now, or > latest_due, that are the oldest pending one of their
  // session (by order of insertion): fresh ones first, then the others, each earliest due first,
  // then those past latest_due. Sets their due_at to `lease_until` and counts `lease` up, so that
  // no other relay takes them, and one that took them before can no longer save what became of
  // them. Relays that claim at the same time do not wait for each other. The lease ends with
  // SaveDelivery. A store that one process has to itself ends all leases when it opens (the
  // claimer is gone): their events are due at once, and those that wait for a later attempt stay
  // due when they were.
  virtual Result<std::vector<OutboxEvent>> ClaimDueEvents(const ClaimRequest& request) = 0;
  // Saves status, attempts, due_at, first_due_at, settled_at, last_error. Errors, in order:
  // kNotFound; kConflict (`lease` is not the stored one: it was claimed again meanwhile).
  virtual Status SaveDelivery(const OutboxEvent& event) = 0;
  virtual Result<std::optional<Timestamp>>
  NextDueEvent() = 0;  // the earliest due_at of a claimable pending event
  virtual Result<OutboxCounts> CountOutbox() = 0;

  virtual Status InsertCard(const SealedCard& card) = 0;  // kConflict
  virtual Result<std::optional<SealedCard>> FindCard(const Uuid& id) = 0;
  // Cards under that key-encryption key whose id is greater than `after`, by id.
  virtual Result<std::vector<SealedCard>> FindCardsUnder(const std::string& key_id,
                                                         const Uuid& after, std::size_t limit) = 0;
  // Gives the card that `card.id` names its key_id and wrapped_key, if it is there and its wrapped
  // key is still `expected`; nothing else of it changes. False: it is not, and nothing was written.
  virtual Result<bool> RewrapCard(const SealedCard& card, const std::string& expected) = 0;
  // How many cards there are under each key-encryption key; those with none are left out.
  virtual Result<std::vector<CardCount>> CountCards() = 0;
  // Sessions of that kind that have not ended and were created at `created_until` or before.
  virtual Result<std::int64_t> CountOpenSessions(domain::SessionKind kind,
                                                 Timestamp created_until) = 0;
  // With their security codes; none is no error.
  virtual Status DeleteCardsOf(const Uuid& session_id) = 0;

  // A security code that replicas share, sealed like a card and under the id of its card; it goes
  // when it is taken, with its card, or at valid_until. kConflict; kInvalid: a store that one
  // process has to itself, on a disk, takes none.
  virtual Status InsertCode(const SealedCard& code) = 0;
  // Removes it: of all who ask, one gets it.
  virtual Result<std::optional<SealedCard>> TakeCode(const Uuid& card_id) = 0;

  // Where one of that card is there, its due_at and first_due_at become the earlier ones.
  virtual Status ScheduleDeletion(const CardDeletion& deletion) = 0;
  // Those with due_at <= now, earliest due first. Sets their due_at to `lease_until` and counts
  // `lease` up. Processes that claim at the same time do not wait for each other. A store that one
  // process has to itself forgets leases when it opens: all are due when trying began.
  virtual Result<std::vector<CardDeletion>> ClaimDeletions(Timestamp now, Timestamp lease_until,
                                                           std::size_t limit) = 0;
  // Saves attempts and due_at. kConflict: it is gone, or was claimed again meanwhile.
  virtual Status SaveDeletion(const CardDeletion& deletion) = 0;
  virtual Status EndDeletion(const std::string& card_id) = 0;  // none is no error
  virtual Result<DeletionCounts> CountDeletions(Timestamp now) = 0;

  // What is true of the whole store, under a name; never purged. Sharing keeps `value` if there is
  // none yet, and returns what is there.
  virtual Result<std::optional<std::string>> FindFact(const std::string& name) = 0;
  virtual Result<std::string> ShareFact(const std::string& name, const std::string& value) = 0;

  // How much there was of something lately, in thousandths: what leaked away since the last time is
  // taken off, down to 0, and `amount` added; the level after it. A `now` before the last one leaks
  // nothing. Tallies that were not touched for kTalliesKeptFor are purged.
  virtual Result<std::int64_t> AddToTally(const std::string& name, std::int64_t amount,
                                          std::int64_t leak_per_hour, Timestamp now) = 0;

  // Deletes, at most `limit` rows of each kind: cards and codes past valid_until, tallies that are
  // over, answers and received events before `before`, and sessions that ended before `before` with
  // their events and timelines. A session with a pending event stays until that is settled; of
  // those a call need not see more than four times `limit`, and the next one goes on behind them.
  // How many rows went; the events and the timeline of a session do not count towards `limit`.
  virtual Result<std::size_t> Purge(Timestamp now, Timestamp before, std::size_t limit) = 0;
};

// A session that was inserted or saved, as that left it.
struct SessionChange {
  Uuid id;
  domain::SessionKind kind = domain::SessionKind::kPayment;
  domain::SessionState state = domain::SessionState::kOpen;
  bool entered = false;  // it came into that state now; inserting does, an annotation does not

  bool operator==(const SessionChange&) const = default;
};

// What one commit changed; for those who wait, and for those who count: each change that is kept
// stands in exactly one notice.
struct CommitNotice {
  std::vector<SessionChange> sessions;  // in order; a session as often as it was written
  // An event was inserted, or became the oldest pending one of its session (the one before it was
  // settled, or it was replayed): the relay may have something to do.
  bool events = false;
  // It is another process's commit, of which this one only hears (stores that many share): for
  // those who wait, not for those who count. Its sessions have an id and nothing else. Some may be
  // missed: who waits looks again by itself.
  bool elsewhere = false;
};

class Store {
 public:
  // May run more than once (a batch is rolled back, or a database asks to try again), so it must
  // have no effect but through the transaction and its own result. Only the last run counts: one
  // that is thrown away may have been told that a write went well which did not. An error rolls
  // back what this body wrote, and only that. Runs on a store thread; must not block.
  using Body = std::move_only_function<Status(Transaction&)>;
  using Listener = std::function<void(const CommitNotice&)>;

  virtual ~Store() = default;

  // `done` runs after the commit is durable, with the body's own error, or with kUnavailable when
  // the commit failed (then nothing of it is kept; where a database goes away during a commit and
  // stays away for seconds, that cannot be known): on the caller's thread, when that is a
  // base::Loop which still runs, else on a store thread. Work that is not taken on is
  // answered at once, on the caller's thread: kUnavailable (closed), kRateLimited (the queue is
  // full), both with `retry_after`. A body that throws fails alone, with kInternal.
  virtual void Transact(Body body, std::move_only_function<void(Status)> done) = 0;
  // The same for bodies that only read (a write answers kInternal); they may run beside writes and
  // see every commit whose `done` was called before.
  virtual void Read(Body body, std::move_only_function<void(Status)> done) = 0;
  // Called after each commit, before its `done`s, on a store thread; on several at once where a
  // store has several that write. Set once, while no call is under way.
  virtual void OnCommit(Listener listener) = 0;
  // Ok when a trivial write would be durable now; for /readyz. Waits, for seconds at most, so not
  // on a store thread.
  virtual Status CheckHealth() = 0;
  // Finishes what is queued; later calls answer kUnavailable.
  virtual void Close() = 0;
};

// Runs `body` in a transaction and hands its value to `done` after the commit.
template <class T, class F>
void Transact(Store& store, F body, base::Done<T> done) {
  auto value = std::make_shared<std::optional<T>>();
  store.Transact(
      [value, body = std::move(body)](Transaction& tx) mutable -> Status {
        Result<T> result = body(tx);
        if (!result) return std::unexpected(std::move(result.error()));
        *value = std::move(*result);
        return {};
      },
      [value, done = std::move(done)](Status status) mutable {
        if (!status) return done(std::unexpected(std::move(status.error())));
        done(std::move(**value));
      });
}

template <class T, class F>
void Read(Store& store, F body, base::Done<T> done) {
  auto value = std::make_shared<std::optional<T>>();
  store.Read(
      [value, body = std::move(body)](Transaction& tx) mutable -> Status {
        Result<T> result = body(tx);
        if (!result) return std::unexpected(std::move(result.error()));
        *value = std::move(*result);
        return {};
      },
      [value, done = std::move(done)](Status status) mutable {
        if (!status) return done(std::unexpected(std::move(status.error())));
        done(std::move(**value));
      });
}

}  // namespace obolus::app
