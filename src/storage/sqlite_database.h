// A thin RAII layer over one SQLite connection, and the only code that sees sqlite3.h. It knows
// nothing of sessions. A connection, its statements and its queries belong to one thread at a
// time. Used by migrations, by the writer thread and by the reader threads of SqliteStore.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/id.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace obolus::storage {

class SqliteDatabase;

#ifdef OBOLUS_FAULTS
// "OFF" or "NORMAL" in place of FULL, for writers opened later: with it a power cut must lose
// something, or the tests of power cuts could not find a loss. Before other threads start.
void SetSynchronous(std::string mode);
#endif

// One run of a prepared statement: bind, then Next or Run, then read columns. Bound text and blobs
// are not copied and must outlive the last Next. The destructor resets the statement.
class SqliteQuery {
 public:
  SqliteQuery(SqliteQuery&& other) noexcept;
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;
  ~SqliteQuery();

  // Each binds the next parameter, from ?1 on.
  SqliteQuery& Bind(std::int64_t value);
  SqliteQuery& Bind(base::Timestamp value) { return Bind(base::ToMillis(value)); }
  SqliteQuery& Bind(std::string_view text);
  SqliteQuery& Bind(const char* text) { return Bind(std::string_view(text)); }
  SqliteQuery& Bind(const base::Uuid& id);
  SqliteQuery& BindBlob(base::ByteView bytes);
  SqliteQuery& BindNull();
  template <class T>
  SqliteQuery& Bind(const std::optional<T>& value) {
    return value ? Bind(*value) : BindNull();
  }

  // True: there is a row. Errors: kConflict (a constraint), kInternal (a reader wrote),
  // kUnavailable (all else: disk, lock); after that one the connection refuses all queries until
  // SqliteDatabase::ForgetFailure, because SQLite may have ended the transaction by itself.
  base::Result<bool> Next();
  // Runs to the end, dropping rows. Errors as Next.
  base::Status Run();

  // Columns of the current row, from 0. Views last until the next Next.
  bool IsNull(int column) const;
  std::int64_t Integer(int column) const;
  std::string_view Text(int column) const;
  std::string_view Blob(int column) const;
  base::Uuid Id(int column) const;  // nil unless it is a blob of 16 bytes
  base::Timestamp Time(int column) const { return base::FromMillis(Integer(column)); }
  std::optional<base::Timestamp> OptionalTime(int column) const;
  std::optional<base::Uuid> OptionalId(int column) const;

 private:
  friend class SqliteDatabase;
  SqliteQuery(SqliteDatabase* database, sqlite3_stmt* statement)
      : database_(database), statement_(statement) {}

  SqliteDatabase* database_;
  sqlite3_stmt* statement_;  // nullptr: it could not be prepared, or the connection has failed
  int bound_ = 0;
};

enum class SqliteRole {
  kWriter,  // creates the file (mode 0600) when it is missing; checkpoints when told to
  kReader,  // cannot write, never checkpoints, not even when it is the last to close
  kCopier,  // as kReader, but may write into another file
};

enum class CheckpointMode { kPassive, kRestart, kTruncate };

class SqliteDatabase {
 public:
  // WAL, synchronous=FULL, no mmap. kUnavailable: cannot be opened, or is not a database.
  static base::Result<std::unique_ptr<SqliteDatabase>> Open(const std::string& path,
                                                            SqliteRole role);
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;
  ~SqliteDatabase();

  // Runs statements without parameters and drops rows: BEGIN, COMMIT, PRAGMA, DDL. Errors as
  // SqliteQuery::Next, without its memory of failures.
  base::Status Execute(const char* sql);
  base::Result<std::int64_t> Integer(const char* sql);  // of the first row, 0 when there is none

  // Prepared once; the cache goes by the address of `sql`, which must be a literal.
  SqliteQuery Query(const char* sql);

  bool HasFailed() const { return failure_ != 0; }
  base::Error Failure() const { return ErrorOf(failure_); }  // why; after HasFailed only
  void ForgetFailure() { failure_ = 0; }
  bool InTransaction() const;
  std::int64_t TotalChanges() const;  // rows written since it was opened
  std::int64_t Changes() const;       // rows written by the last statement

  // Pages in the write-ahead log after the last commit of this connection.
  std::int64_t WalPages() const { return wal_pages_; }
  // A busy reader is no error for kPassive and kRestart: what could be moved was.
  base::Status Checkpoint(CheckpointMode mode);

 private:
  friend class SqliteQuery;
  explicit SqliteDatabase(sqlite3* handle) : handle_(handle) {}
  base::Status Configure(SqliteRole role);
  base::Error ErrorOf(int code) const;
  static int OnWalCommit(void* self, sqlite3* handle, const char* schema, int pages);

  sqlite3* handle_;
  int failure_ = 0;  // SQLite's code of the first failure since it was last forgotten
  std::int64_t wal_pages_ = 0;
  std::map<const char*, sqlite3_stmt*> statements_;
};

}  // namespace obolus::storage
