#include "storage/sqlite_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <future>
#include <system_error>
#include <utility>

#include "storage/migrations.h"
#include "storage/sqlite_database.h"
#include "storage/sqlite_transaction.h"
#include "storage/sqlite_writer.h"

namespace obolus::storage {
namespace {

// Reads that share one snapshot: enough to spare most of the locking, few enough that an old
// snapshot does not hold up a checkpoint.
constexpr std::size_t kReadsPerSnapshot = 32;

base::Status RunReads(SqliteDatabase& database, SqliteTransaction& transaction,
                      std::vector<Job>& batch, std::vector<base::Status>& results) {
  if (auto begun = database.Query("BEGIN").Run(); !begun) return begun;
  for (std::size_t i = 0; i < batch.size(); ++i) results[i] = RunBody(batch[i], transaction);
  return database.Query("COMMIT").Run();
}

// The entry of a new file in its directory is durable only once the directory is.
base::Status SyncDirectoryOf(const std::string& path) {
  const std::string directory = std::filesystem::absolute(path).parent_path();
  const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const int error = errno;
  if (file >= 0) ::close(file);
  if (synced) return {};
  return std::unexpected(
      Unavailable("cannot sync " + directory + ": " + std::generic_category().message(error)));
}

}  // namespace

// Holds `path`.lock for this process. SQLite itself would let two processes write in turns, but
// each believes to be the only one that claims events and wakes shoppers.
class SqliteStore::FileLock {
 public:
  static base::Result<std::unique_ptr<FileLock>> Take(const std::string& path) {
    const std::string name = path + ".lock";
    const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
      return std::unexpected(
          Unavailable("cannot open " + name + ": " + std::generic_category().message(errno)));
    }
    std::unique_ptr<FileLock> lock(new FileLock(file));
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno == EWOULDBLOCK) {
      return base::Fail(base::ErrorCode::kConflict, "another obolus process uses " + path);
    }
    return std::unexpected(
        Unavailable("cannot lock " + name + ": " + std::generic_category().message(errno)));
  }
  ~FileLock() { ::close(file_); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int file) : file_(file) {}
  int file_;
};

base::Result<std::unique_ptr<SqliteStore>> SqliteStore::Open(SqliteOptions options) {
  auto lock = FileLock::Take(options.path);
  if (!lock) return std::unexpected(std::move(lock.error()));
  auto writer = SqliteDatabase::Open(options.path, SqliteRole::kWriter);
  if (!writer) return std::unexpected(std::move(writer.error()));
  if (auto migrated = Migrate(**writer, SqliteMigrations()); !migrated) {
    migrated.error().message = "cannot use " + options.path + ": " + migrated.error().message;
    return std::unexpected(std::move(migrated.error()));
  }
  if (auto ended = SqliteTransaction(writer->get()).EndLeases(); !ended) {
    ended.error().message = "cannot use " + options.path + ": " + ended.error().message;
    return std::unexpected(std::move(ended.error()));
  }
  if (auto synced = SyncDirectoryOf(options.path); !synced) {
    return std::unexpected(std::move(synced.error()));
  }
  std::vector<std::unique_ptr<SqliteDatabase>> readers;
  for (std::size_t i = 0; i < options.readers; ++i) {
    auto reader = SqliteDatabase::Open(options.path, SqliteRole::kReader);
    if (!reader) return std::unexpected(std::move(reader.error()));
    readers.push_back(std::move(*reader));
  }
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(options), std::move(*lock),
                                                      std::move(*writer), std::move(readers)));
}

SqliteStore::SqliteStore(SqliteOptions options, std::unique_ptr<FileLock> lock,
                         std::unique_ptr<SqliteDatabase> writer,
                         std::vector<std::unique_ptr<SqliteDatabase>> readers)
    : options_(std::move(options)),
      lock_(std::move(lock)),
      writer_(std::move(writer)),
      readers_(std::move(readers)),
      writes_(options_.max_queued),
      reads_(options_.max_queued) {
  for (const auto& reader : readers_) {
    reader_threads_.emplace_back([this, &reader] { RunReader(*reader); });
  }
  writer_thread_ = std::thread([this] {
    SqliteWriter(writer_.get(), &listener_, options_.checkpoint_pages)
        .Run(writes_, options_.max_batch);
  });
}

SqliteStore::~SqliteStore() {
  Close();
}

void SqliteStore::Transact(Body body, std::move_only_function<void(base::Status)> done) {
  writes_.Push({std::move(body), std::move(done), base::Loop::Current()});
}

void SqliteStore::Read(Body body, std::move_only_function<void(base::Status)> done) {
  reads_.Push({std::move(body), std::move(done), base::Loop::Current()});
}

void SqliteStore::RunReader(SqliteDatabase& database) {
  SqliteTransaction transaction(&database);
  std::vector<base::Status> results;
  while (true) {
    std::vector<Job> batch = reads_.Take(kReadsPerSnapshot);
    if (batch.empty()) return;
    base::Status read;
    try {
      results.assign(batch.size(), {});
      read = RunReads(database, transaction, batch, results);
    } catch (const std::bad_alloc&) {
      read = std::unexpected(OutOfMemory());
    }
    if (!read && database.InTransaction()) static_cast<void>(database.Execute("ROLLBACK"));
    database.ForgetFailure();
    AnswerAll(std::move(batch), std::move(read), std::exchange(results, {}));
  }
}

base::Status SqliteStore::CheckHealth() {
  auto outcome = std::make_shared<std::promise<base::Status>>();
  std::future<base::Status> written = outcome->get_future();
  // No home: the caller may be on an engine thread, and waits there.
  writes_.Push(
      {[](app::Transaction& tx) { return static_cast<SqliteTransaction&>(tx).WriteHealthRow(); },
       [outcome](base::Status status) { outcome->set_value(std::move(status)); }, nullptr});
  if (written.wait_for(options_.health_timeout) == std::future_status::ready) return written.get();
  return std::unexpected(Unavailable("the store did not finish a write in time"));
}

// Readers end first, so that the writer can empty the write-ahead log.
void SqliteStore::Close() {
  const std::lock_guard lock(closing_);
  reads_.Close();
  for (std::thread& thread : std::exchange(reader_threads_, {})) thread.join();
  writes_.Close();
  if (writer_thread_.joinable()) writer_thread_.join();
}

}  // namespace obolus::storage
