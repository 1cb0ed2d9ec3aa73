// What SQLite believes to be its disk, with our own code in between: a Disk sees every file that
// SQLite opens and every read, write and sync of it, and may fail, delay or forget them. Locks and
// shared memory go straight to SQLite's own files. Exists only in builds with OBOLUS_FAULTS, where
// main/ installs one before the store opens; its methods run on the store's threads.
#pragma once

#include <sqlite3.h>

#include <memory>

namespace obolus::storage::faults {

// One open file. Every method answers with a code of SQLite's; these go to the file below.
class DiskFile {
 public:
  explicit DiskFile(sqlite3_file* below) : below_(*below) {}
  virtual ~DiskFile() = default;
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;

  virtual int Read(void* data, int size, sqlite3_int64 offset);
  virtual int Write(const void* data, int size, sqlite3_int64 offset);
  virtual int Truncate(sqlite3_int64 size);
  virtual int Sync(int flags);
  virtual int Size(sqlite3_int64* size);
  virtual int Control(int operation, void* argument);

  sqlite3_file& below() { return below_; }

 private:
  sqlite3_file& below_;
};

class Disk {
 public:
  virtual ~Disk() = default;

  // `below` is open already. `path` may be nullptr: a temporary file.
  virtual std::unique_ptr<DiskFile> Wrap(const char* path, sqlite3_file* below) = 0;
  // Before a file is opened; anything but SQLITE_OK refuses.
  virtual int BeforeOpen(const char* path);
  virtual int Delete(const char* path, int sync_directory);

  // From now on SQLite opens its files through this one. Once, before the first of them.
  static void Install(std::unique_ptr<Disk> disk);

 protected:
  sqlite3_vfs& below() const { return *below_; }

 private:
  sqlite3_vfs* below_ = nullptr;
};

}  // namespace obolus::storage::faults
