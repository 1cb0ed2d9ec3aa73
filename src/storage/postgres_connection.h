// A thin RAII layer over one PostgreSQL connection in pipeline mode; with postgres_rows the only
// code that sees libpq-fe.h. Statements are prepared once and queued without waiting; a fetch, or
// the sync at the end, waits for all that was queued before. No call waits longer than its limit,
// whatever the server or the network does. It knows nothing of sessions. A connection and its calls
// belong to one thread at a time. Used by migrations and by the threads of PostgresStore.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/id.h"
#include "base/result.h"
#include "storage/postgres_rows.h"

struct pg_conn;
struct pg_result;

namespace obolus::storage {

struct PostgresTarget {
  std::string dsn;  // libpq's keywords or URI; secret
  // On the server: for one statement, and for one lock that it waits for.
  base::Millis statement_timeout{3'000};
  base::Millis lock_timeout{2'000};
  base::Millis answer_timeout{4'000};  // here, for all that one fetch or sync waits for
};

// What went wrong since the last sync.
enum class PostgresFault {
  kNone,
  kConflict,   // a unique constraint, or a statement made to fail when it changes no row
  kTransient,  // a deadlock, a lock or a statement that took too long, no resources: try again
  kOther,      // the server refused a statement for another reason
  kLost,       // the connection is of no use any more
};

class PostgresConnection;

// One run of a prepared statement: bind from $1 on, then queue or fetch. Bound text is not copied
// and must outlive the queueing.
class PostgresCall {
 public:
  PostgresCall& Bind(std::int64_t value);
  PostgresCall& Bind(bool value);
  PostgresCall& Bind(base::Timestamp value) { return Bind(base::ToMillis(value)); }
  PostgresCall& Bind(std::string_view text);  // text or bytea
  PostgresCall& Bind(const char* text) { return Bind(std::string_view(text)); }
  PostgresCall& Bind(const base::Uuid& id) { return Bind(base::AsText(id.bytes)); }
  PostgresCall& BindNull();
  template <class T>
  PostgresCall& Bind(const std::optional<T>& value) {
    return value ? Bind(*value) : BindNull();
  }

  // Does not wait. `done` is called with the rows written when the result is read, unless the
  // statement failed.
  void Queue(std::function<void(std::int64_t)> done = {});
  // Waits. Errors: kConflict, kUnavailable; see PostgresConnection::fault for which.
  base::Result<PostgresRows> Fetch();

 private:
  friend class PostgresConnection;
  PostgresCall(PostgresConnection* connection, const char* sql)
      : connection_(connection), sql_(sql) {}
  PostgresCall& Add(const char* data, std::size_t size);

  static constexpr std::size_t kMaxParameters = 16;
  PostgresConnection* connection_;
  const char* sql_;
  int count_ = 0;
  std::array<const char*, kMaxParameters> values_{};
  std::array<int, kMaxParameters> lengths_{};
  std::array<std::array<char, 8>, kMaxParameters> numbers_{};
};

class PostgresConnection {
 public:
  // Connects to the host that accepts writes and refuses one whose commits would not last. Errors:
  // kInvalid (the dsn cannot be read; synchronous_commit or fsync are off: the message names the
  // setting), kUnavailable.
  static base::Result<std::unique_ptr<PostgresConnection>> Open(const PostgresTarget& target);
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;
  ~PostgresConnection();

  // Prepared on first use; the cache goes by the address of `sql`, which must be a literal.
  PostgresCall Call(const char* sql) { return {this, sql}; }
  // A text without parameters, of one statement, that is not prepared.
  void QueueText(const std::string& sql);
  // Waits for all that was queued. After an error the server has skipped what came after it; a
  // transaction that was open is rolled back here, and the connection can be used again, from
  // Restart on, unless it is lost.
  base::Status Sync();
  void Restart();  // forgets fault and warning, but not that the connection is lost

  // Of what has been read so far. With one, nothing more is sent until the sync.
  PostgresFault fault() const { return fault_; }
  base::Error failure() const { return failure_; }
  // The server warned since the last restart: at a commit, that it waited no longer for its
  // standby.
  bool warned() const { return warned_; }
  bool ended_in_commit() const { return last_tag_ == "COMMIT"; }  // the last statement before Sync

  // Waits for notifications on channels that this connection listens to, until there is one, the
  // time is over or `wake` can be read. kUnavailable: the connection is lost.
  base::Result<std::vector<std::string>> Await(base::Millis limit, int wake);

 private:
  friend class PostgresCall;
  enum class Kind { kPrepare, kCall, kSync };
  struct Pending {
    Kind kind;
    const char* sql = nullptr;
    std::function<void(std::int64_t)> done;
    std::optional<PostgresRows>* rows = nullptr;
  };

  PostgresConnection(pg_conn* handle, base::Millis answer_timeout);
  base::Status Configure(const PostgresTarget& target);
  void Send(const PostgresCall& call, std::function<void(std::int64_t)> done,
            std::optional<PostgresRows>* rows);
  bool WaitForSync();
  bool ReadNext(std::chrono::steady_clock::time_point deadline);
  bool Settle(Pending& pending, pg_result* result);
  pg_result* NextResult(std::chrono::steady_clock::time_point deadline, bool* waited);
  void Fail(PostgresFault fault, std::string message);
  void FailAs(const pg_result* result);
  static void OnNotice(void* self, const pg_result* notice);

  pg_conn* handle_;
  const base::Millis answer_timeout_;
  std::map<const char*, std::string> statements_;  // names
  std::uint64_t last_name_ = 0;
  std::deque<Pending> pending_;
  PostgresFault fault_ = PostgresFault::kNone;
  base::Error failure_;
  bool warned_ = false;
  std::string last_tag_;
};

}  // namespace obolus::storage
