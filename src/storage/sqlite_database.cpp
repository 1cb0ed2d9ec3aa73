#include "storage/sqlite_database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "storage/job_queue.h"

namespace obolus::storage {
namespace {

constexpr int kBusyTimeoutMs = 5000;

// SQLite gives its write-ahead log and index the mode of the database, so only this one is made
// here; left to SQLite it would be readable by everybody whom the umask lets.
base::Status CreateFile(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return std::unexpected(
        Unavailable("cannot open " + path + ": " + std::generic_category().message(errno)));
  }
  ::close(file);
  return {};
}

void InitializeOnce() {
  static std::once_flag once;
  // The counters of sqlite3_memory_used take a process-wide lock on each allocation.
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

#ifdef OBOLUS_FAULTS
std::string& Synchronous() {
  static std::string mode;  // empty: as every build
  return mode;
}
#endif

}  // namespace

#ifdef OBOLUS_FAULTS
void SetSynchronous(std::string mode) {
  Synchronous() = std::move(mode);
}
#endif

SqliteQuery::SqliteQuery(SqliteQuery&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      bound_(other.bound_) {}

SqliteQuery::~SqliteQuery() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

SqliteQuery& SqliteQuery::Bind(std::int64_t value) {
  ++bound_;
  if (statement_ != nullptr) CHECK(sqlite3_bind_int64(statement_, bound_, value) == SQLITE_OK);
  return *this;
}

SqliteQuery& SqliteQuery::Bind(std::string_view text) {
  ++bound_;
  if (statement_ == nullptr) return *this;
  // A null pointer would bind NULL where the empty text is meant.
  const char* data = text.data() == nullptr ? "" : text.data();
  CHECK(sqlite3_bind_text64(statement_, bound_, data, text.size(), SQLITE_STATIC, SQLITE_UTF8) ==
        SQLITE_OK);
  return *this;
}

SqliteQuery& SqliteQuery::Bind(const base::Uuid& id) {
  return BindBlob(id.bytes);
}

SqliteQuery& SqliteQuery::BindBlob(base::ByteView bytes) {
  ++bound_;
  if (statement_ == nullptr) return *this;
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  CHECK(sqlite3_bind_blob64(statement_, bound_, data, bytes.size(), SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

SqliteQuery& SqliteQuery::BindNull() {
  ++bound_;
  if (statement_ != nullptr) CHECK(sqlite3_bind_null(statement_, bound_) == SQLITE_OK);
  return *this;
}

base::Result<bool> SqliteQuery::Next() {
  if (database_->HasFailed()) return std::unexpected(database_->Failure());
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  base::Error error = database_->ErrorOf(code);
  if (error.code == base::ErrorCode::kUnavailable) database_->failure_ = code;
  return std::unexpected(std::move(error));
}

base::Status SqliteQuery::Run() {
  while (true) {
    base::Result<bool> row = Next();
    if (!row) return std::unexpected(std::move(row.error()));
    if (!*row) return {};
  }
}

bool SqliteQuery::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t SqliteQuery::Integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view SqliteQuery::Text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view SqliteQuery::Blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

base::Uuid SqliteQuery::Id(int column) const {
  base::Uuid id;
  const std::string_view bytes = Blob(column);
  if (bytes.size() == id.bytes.size()) std::ranges::copy(base::AsBytes(bytes), id.bytes.begin());
  return id;
}

std::optional<base::Timestamp> SqliteQuery::OptionalTime(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Time(column);
}

std::optional<base::Uuid> SqliteQuery::OptionalId(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Id(column);
}

base::Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(const std::string& path,
                                                                   SqliteRole role) {
  InitializeOnce();
  if (role == SqliteRole::kWriter) {
    if (auto created = CreateFile(path); !created) {
      return std::unexpected(std::move(created.error()));
    }
  }
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(handle));
  if (code != SQLITE_OK) {
    return std::unexpected(Unavailable("cannot open " + path + ": " + sqlite3_errstr(code)));
  }
  if (auto configured = database->Configure(role); !configured) {
    return std::unexpected(Unavailable("cannot use " + path + ": " + configured.error().message));
  }
  return database;
}

SqliteDatabase::~SqliteDatabase() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  // Fails only while a statement is not finalized, and all of them are.
  CHECK(sqlite3_close(handle_) == SQLITE_OK);
}

base::Status SqliteDatabase::Configure(SqliteRole role) {
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
  const bool writer = role == SqliteRole::kWriter;
  if (writer) {
    // Only before the first page is written; later it is ignored.
    if (auto done = Execute("PRAGMA page_size=8192"); !done) return done;
    if (auto done = Execute("PRAGMA journal_mode=WAL"); !done) return done;
    sqlite3_wal_hook(handle_, &SqliteDatabase::OnWalCommit, this);
  } else {
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  // secure_delete: a sealed card must not linger in free pages. Sorting stays in memory, so that
  // nothing of a row reaches a temporary file.
  const char* pragmas =
      writer ? "PRAGMA synchronous=FULL; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;"
               "PRAGMA secure_delete=ON; PRAGMA cache_size=-32768; PRAGMA "
               "journal_size_limit=268435456;"
             : "PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;"
               "PRAGMA cache_size=-8192;";
  if (auto done = Execute(pragmas); !done) return done;
#ifdef OBOLUS_FAULTS
  if (writer && !Synchronous().empty()) {
    return Execute(("PRAGMA synchronous=" + Synchronous()).c_str());
  }
#endif
  if (role != SqliteRole::kReader) return {};
  return Execute("PRAGMA query_only=ON");
}

base::Status SqliteDatabase::Execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(ErrorOf(code));
  return {};
}

base::Result<std::int64_t> SqliteDatabase::Integer(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr);
  if (code != SQLITE_OK) return std::unexpected(ErrorOf(code));
  code = sqlite3_step(statement);
  const std::int64_t value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  sqlite3_finalize(statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) return std::unexpected(ErrorOf(code));
  return value;
}

SqliteQuery SqliteDatabase::Query(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr && !HasFailed()) {
    failure_ = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  }
  return {this, HasFailed() ? nullptr : statement};
}

bool SqliteDatabase::InTransaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

std::int64_t SqliteDatabase::TotalChanges() const {
  return sqlite3_total_changes64(handle_);
}

std::int64_t SqliteDatabase::Changes() const {
  return sqlite3_changes64(handle_);
}

base::Status SqliteDatabase::Checkpoint(CheckpointMode mode) {
  static constexpr int kModes[] = {SQLITE_CHECKPOINT_PASSIVE, SQLITE_CHECKPOINT_RESTART,
                                   SQLITE_CHECKPOINT_TRUNCATE};
  const int code =
      sqlite3_wal_checkpoint_v2(handle_, nullptr, kModes[static_cast<int>(mode)], nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  if ((code & 0xff) == SQLITE_BUSY && mode != CheckpointMode::kTruncate) return {};
  return std::unexpected(ErrorOf(code));
}

base::Error SqliteDatabase::ErrorOf(int code) const {
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return {base::ErrorCode::kConflict, "the row exists already", {}, std::nullopt};
    case SQLITE_READONLY:
      return {base::ErrorCode::kInternal, "a body that only reads wrote", {}, std::nullopt};
    case SQLITE_ERROR:  // our statements are right for our own schema
      return Unavailable("the database failed: its tables are not those of this version of Obolus");
    default:
      return Unavailable(std::string("the database failed: ") + sqlite3_errstr(code));
  }
}

int SqliteDatabase::OnWalCommit(void* self, sqlite3* /*handle*/, const char* /*schema*/,
                                int pages) {
  static_cast<SqliteDatabase*>(self)->wal_pages_ = pages;
  return SQLITE_OK;
}

}  // namespace obolus::storage
