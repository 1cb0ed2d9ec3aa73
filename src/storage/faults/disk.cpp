#include "storage/faults/disk.h"

#include <cstddef>

#include "base/check.h"

namespace obolus::storage::faults {
namespace {

// What SQLite allocates for a file: ours, and right behind it the one below.
struct OpenFile {
  sqlite3_file base;
  DiskFile* file;
};
static_assert(sizeof(OpenFile) % alignof(std::max_align_t) == 0);

Disk* installed = nullptr;
sqlite3_vfs* below_all = nullptr;

sqlite3_file* Below(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<OpenFile*>(file) + 1);
}

DiskFile& Ours(sqlite3_file* file) {
  return *reinterpret_cast<OpenFile*>(file)->file;
}

const sqlite3_io_methods& Next(sqlite3_file* file) {
  return *Below(file)->pMethods;
}

int Close(sqlite3_file* file) {
  delete &Ours(file);
  return Next(file).xClose(Below(file));
}

const sqlite3_io_methods kMethods = {
    .iVersion = 2,  // no memory maps
    .xClose = Close,
    .xRead = [](sqlite3_file* file, void* data, int size,
                sqlite3_int64 offset) { return Ours(file).Read(data, size, offset); },
    .xWrite = [](sqlite3_file* file, const void* data, int size,
                 sqlite3_int64 offset) { return Ours(file).Write(data, size, offset); },
    .xTruncate = [](sqlite3_file* file, sqlite3_int64 size) { return Ours(file).Truncate(size); },
    .xSync = [](sqlite3_file* file, int flags) { return Ours(file).Sync(flags); },
    .xFileSize = [](sqlite3_file* file, sqlite3_int64* size) { return Ours(file).Size(size); },
    .xLock = [](sqlite3_file* file, int lock) { return Next(file).xLock(Below(file), lock); },
    .xUnlock = [](sqlite3_file* file, int lock) { return Next(file).xUnlock(Below(file), lock); },
    .xCheckReservedLock = [](sqlite3_file* file,
                             int* out) { return Next(file).xCheckReservedLock(Below(file), out); },
    .xFileControl = [](sqlite3_file* file, int operation,
                       void* argument) { return Ours(file).Control(operation, argument); },
    .xSectorSize = [](sqlite3_file* file) { return Next(file).xSectorSize(Below(file)); },
    .xDeviceCharacteristics =
        [](sqlite3_file* file) { return Next(file).xDeviceCharacteristics(Below(file)); },
    .xShmMap =
        [](sqlite3_file* file, int page, int size, int extend, void volatile** out) {
          return Next(file).xShmMap(Below(file), page, size, extend, out);
        },
    .xShmLock = [](sqlite3_file* file, int offset, int count,
                   int flags) { return Next(file).xShmLock(Below(file), offset, count, flags); },
    .xShmBarrier = [](sqlite3_file* file) { Next(file).xShmBarrier(Below(file)); },
    .xShmUnmap = [](sqlite3_file* file,
                    int remove) { return Next(file).xShmUnmap(Below(file), remove); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int Open(sqlite3_vfs* /*vfs*/, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  if (const int refused = installed->BeforeOpen(path); refused != SQLITE_OK) return refused;
  const int code = below_all->xOpen(below_all, path, Below(file), flags, out_flags);
  if (code != SQLITE_OK) return code;
  reinterpret_cast<OpenFile*>(file)->file = installed->Wrap(path, Below(file)).release();
  file->pMethods = &kMethods;
  return SQLITE_OK;
}

}  // namespace

int DiskFile::Read(void* data, int size, sqlite3_int64 offset) {
  return below_.pMethods->xRead(&below_, data, size, offset);
}
int DiskFile::Write(const void* data, int size, sqlite3_int64 offset) {
  return below_.pMethods->xWrite(&below_, data, size, offset);
}
int DiskFile::Truncate(sqlite3_int64 size) {
  return below_.pMethods->xTruncate(&below_, size);
}
int DiskFile::Sync(int flags) {
  return below_.pMethods->xSync(&below_, flags);
}
int DiskFile::Size(sqlite3_int64* size) {
  return below_.pMethods->xFileSize(&below_, size);
}
int DiskFile::Control(int operation, void* argument) {
  return below_.pMethods->xFileControl(&below_, operation, argument);
}

int Disk::BeforeOpen(const char* /*path*/) {
  return SQLITE_OK;
}

int Disk::Delete(const char* path, int sync_directory) {
  return below_->xDelete(below_, path, sync_directory);
}

void Disk::Install(std::unique_ptr<Disk> disk) {
  CHECK(installed == nullptr);
  below_all = sqlite3_vfs_find(nullptr);
  CHECK(below_all != nullptr);
  disk->below_ = below_all;
  installed = disk.release();  // as long as the process: so do the connections' files
  static sqlite3_vfs ours = *below_all;
  ours.zName = "obolus-faults";
  ours.pNext = nullptr;
  ours.szOsFile += static_cast<int>(sizeof(OpenFile));
  ours.xOpen = Open;
  ours.xDelete = [](sqlite3_vfs*, const char* path, int sync_directory) {
    return installed->Delete(path, sync_directory);
  };
  CHECK(sqlite3_vfs_register(&ours, 1) == SQLITE_OK);
}

}  // namespace obolus::storage::faults
