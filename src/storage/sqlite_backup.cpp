#include "storage/sqlite_backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "storage/job_queue.h"
#include "storage/sqlite_database.h"

namespace obolus::storage {
namespace {

base::Status Sync(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const int error = errno;
  if (file >= 0) ::close(file);
  if (synced) return {};
  return std::unexpected(
      Unavailable("cannot sync " + path + ": " + std::generic_category().message(error)));
}

// Empty and ours alone before the first byte is in it; SQLite takes an empty file for none.
base::Status Reserve(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) {
    ::close(file);
    return {};
  }
  if (errno == EEXIST) return base::Fail(base::ErrorCode::kConflict, path + " exists already");
  return std::unexpected(
      Unavailable("cannot make " + path + ": " + std::generic_category().message(errno)));
}

// VACUUM INTO reads one snapshot. The backup API of SQLite would begin again whenever the server
// writes, and so might never end.
base::Status Copy(const std::string& source, const std::string& target) {
  auto database = SqliteDatabase::Open(source, SqliteRole::kCopier);
  if (!database) return std::unexpected(std::move(database.error()));
  return (*database)->Query("VACUUM INTO ?").Bind(std::string_view(target)).Run();
}

base::Result<Backup> Examine(const std::string& target) {
  auto database = SqliteDatabase::Open(target, SqliteRole::kCopier);
  if (!database) return std::unexpected(std::move(database.error()));
  SqliteQuery check = (*database)->Query("PRAGMA quick_check(1)");
  const auto row = check.Next();
  if (!row) return std::unexpected(row.error());
  if (!*row || check.Text(0) != "ok") {
    return std::unexpected(Unavailable("the copy " + target + " is not sound"));
  }
  const auto sessions = (*database)->Integer("SELECT count(*) FROM sessions");
  if (!sessions) return std::unexpected(sessions.error());
  const auto pending = (*database)->Integer(
      "SELECT count(*) FROM events WHERE status = 'pending' AND status <> 'delivered'");
  if (!pending) return std::unexpected(pending.error());
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(target));
  return Backup{bytes, *sessions, *pending};
}

base::Result<Backup> CopyAndExamine(const std::string& source, const std::string& target) {
  if (auto copied = Copy(source, target); !copied) return std::unexpected(copied.error());
  auto backup = Examine(target);
  if (!backup) return backup;
  if (auto synced = Sync(target, O_RDONLY); !synced) return std::unexpected(synced.error());
  const std::string folder = std::filesystem::absolute(target).parent_path();
  if (auto synced = Sync(folder, O_RDONLY | O_DIRECTORY); !synced) {
    return std::unexpected(synced.error());
  }
  return backup;
}

}  // namespace

base::Result<Backup> BackUpSqlite(const std::string& source, const std::string& target) {
  if (!std::filesystem::exists(source)) {
    return base::Fail(base::ErrorCode::kNotFound, "there is no database at " + source);
  }
  if (auto reserved = Reserve(target); !reserved) return std::unexpected(reserved.error());
  auto backup = CopyAndExamine(source, target);
  std::error_code ignored;
  if (!backup) std::filesystem::remove(target, ignored);
  return backup;
}

}  // namespace obolus::storage
