#include "storage/faults/power_loss.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "storage/faults/disk.h"

namespace obolus::storage::faults {
namespace {

// A write that is not synced yet; no bytes: the file was cut to `offset`.
struct Change {
  std::size_t offset = 0;
  std::string bytes;
};

// One file as all connections of this process see it.
struct Image {
  std::string seen;             // its whole content
  std::vector<Change> pending;  // what of it is not on the disk, oldest first
  int descriptor = -1;          // of the real file; never closed, which would drop SQLite's locks
  bool listed = true;           // its directory entry is durable
};

void Apply(const Image& image, const Change& change) {
  if (change.bytes.empty()) {
    static_cast<void>(::ftruncate(image.descriptor, static_cast<off_t>(change.offset)));
    return;
  }
  static_cast<void>(::pwrite(image.descriptor, change.bytes.data(), change.bytes.size(),
                             static_cast<off_t>(change.offset)));
}

// A disk writes whole sectors, so a write that was under way may be there in part.
std::vector<Change> Sectors(const std::vector<Change>& changes, std::size_t sector) {
  std::vector<Change> pieces;
  for (const Change& change : changes) {
    if (change.bytes.empty()) pieces.push_back(change);
    for (std::size_t at = 0; at < change.bytes.size();) {
      const std::size_t offset = change.offset + at;
      const std::size_t size = std::min(sector - offset % sector, change.bytes.size() - at);
      pieces.push_back({offset, change.bytes.substr(at, size)});
      at += size;
    }
  }
  return pieces;
}

class LossyDisk final : public Disk {
 public:
  explicit LossyDisk(const PowerLoss& plan) : plan_(plan), random_(plan.seed) {}

  std::unique_ptr<DiskFile> Wrap(const char* path, sqlite3_file* below) override;
  int BeforeOpen(const char* path) override;
  int Delete(const char* path, int sync_directory) override;

  int Read(const Image& image, void* data, std::size_t size, std::size_t offset);
  int Put(Image& image, Change change);
  int Sync(Image& image);
  std::size_t Size(const Image& image);

 private:
  bool Toss(double chance) { return std::bernoulli_distribution(chance)(random_); }
  void Count();
  void KeepSome(Image& image);
  [[noreturn]] void Cut();

  const PowerLoss plan_;
  std::mutex mutex_;  // over all that follows, and all images
  std::mt19937_64 random_;
  std::uint64_t calls_ = 0;
  std::uint64_t syncs_ = 0;
  std::map<std::string, std::shared_ptr<Image>> images_;
  std::map<std::string, std::string> deleted_;  // durable content of files that may come back
};

class LossyFile final : public DiskFile {
 public:
  LossyFile(LossyDisk& disk, std::shared_ptr<Image> image, sqlite3_file* below)
      : DiskFile(below), disk_(disk), image_(std::move(image)) {}

  int Read(void* data, int size, sqlite3_int64 offset) override {
    return disk_.Read(*image_, data, static_cast<std::size_t>(size),
                      static_cast<std::size_t>(offset));
  }
  int Write(const void* data, int size, sqlite3_int64 offset) override {
    return disk_.Put(*image_,
                     {static_cast<std::size_t>(offset),
                      std::string(static_cast<const char*>(data), static_cast<std::size_t>(size))});
  }
  int Truncate(sqlite3_int64 size) override {
    return disk_.Put(*image_, {static_cast<std::size_t>(size), {}});
  }
  int Sync(int /*flags*/) override { return disk_.Sync(*image_); }
  int Size(sqlite3_int64* size) override {
    *size = static_cast<sqlite3_int64>(disk_.Size(*image_));
    return SQLITE_OK;
  }
  int Control(int operation, void* argument) override {
    // It would make the real file grow.
    return operation == SQLITE_FCNTL_SIZE_HINT ? SQLITE_OK : DiskFile::Control(operation, argument);
  }

 private:
  LossyDisk& disk_;
  const std::shared_ptr<Image> image_;
};

int LossyDisk::BeforeOpen(const char* path) {
  if (path == nullptr) return SQLITE_OK;
  const std::lock_guard lock(mutex_);
  if (images_.contains(path)) return SQLITE_OK;
  auto image = std::make_shared<Image>();
  image->listed = ::access(path, F_OK) == 0;
  images_.emplace(path, std::move(image));
  return SQLITE_OK;
}

std::unique_ptr<DiskFile> LossyDisk::Wrap(const char* path, sqlite3_file* below) {
  if (path == nullptr) return std::make_unique<DiskFile>(below);
  const std::lock_guard lock(mutex_);
  const std::shared_ptr<Image>& image = images_[path];
  if (image->descriptor < 0) {
    image->descriptor = ::open(path, O_RDWR | O_CLOEXEC);
    sqlite3_int64 size = 0;
    below->pMethods->xFileSize(below, &size);
    image->seen.resize(static_cast<std::size_t>(size));
    if (size > 0) below->pMethods->xRead(below, image->seen.data(), static_cast<int>(size), 0);
  }
  return std::make_unique<LossyFile>(*this, image, below);
}

int LossyDisk::Delete(const char* path, int sync_directory) {
  const std::lock_guard lock(mutex_);
  std::string content;
  if (const int file = ::open(path, O_RDONLY | O_CLOEXEC); file >= 0) {
    std::string block(1 << 16, '\0');
    for (ssize_t got = 0; (got = ::read(file, block.data(), block.size())) > 0;) {
      content.append(block, 0, static_cast<std::size_t>(got));
    }
    ::close(file);
  }
  const int code = Disk::Delete(path, 0);
  if (code != SQLITE_OK) return code;
  images_.erase(path);
  deleted_[path] = std::move(content);
  if (sync_directory != 0) deleted_.clear();
  return SQLITE_OK;
}

int LossyDisk::Read(const Image& image, void* data, std::size_t size, std::size_t offset) {
  const std::lock_guard lock(mutex_);
  const std::size_t there = image.seen.size() - std::min(offset, image.seen.size());
  const std::size_t got = std::min(size, there);
  if (got > 0) std::memcpy(data, image.seen.data() + offset, got);
  if (got == size) return SQLITE_OK;
  std::memset(static_cast<char*>(data) + got, 0, size - got);
  return SQLITE_IOERR_SHORT_READ;
}

int LossyDisk::Put(Image& image, Change change) {
  const std::lock_guard lock(mutex_);
  Count();
  const std::size_t end = change.offset + change.bytes.size();
  if (change.bytes.empty() || end > image.seen.size()) image.seen.resize(end);
  image.seen.replace(change.offset, change.bytes.size(), change.bytes);
  image.pending.push_back(std::move(change));
  return SQLITE_OK;
}

int LossyDisk::Sync(Image& image) {
  const std::lock_guard lock(mutex_);
  Count();
  if (plan_.failing_syncs > 0 && ++syncs_ % plan_.failing_syncs == 0) {
    KeepSome(image);
    image.pending.clear();
    return SQLITE_IOERR_FSYNC;
  }
  for (const Change& change : image.pending) Apply(image, change);
  image.pending.clear();
  // With the first sync of a file that it made, SQLite syncs the directory too.
  if (!image.listed) {
    for (auto& [path, other] : images_) other->listed = true;
    deleted_.clear();
  }
  return SQLITE_OK;
}

std::size_t LossyDisk::Size(const Image& image) {
  const std::lock_guard lock(mutex_);
  return image.seen.size();
}

void LossyDisk::Count() {
  if (++calls_ == plan_.at) Cut();
}

// None, all, or some of it: each happens.
void LossyDisk::KeepSome(Image& image) {
  constexpr double kChances[] = {0, 0.1, 0.5, 0.9, 1};
  const double chance = kChances[random_() % std::size(kChances)];
  std::vector<Change> pieces = Sectors(image.pending, Toss(0.5) ? 512 : 4096);
  std::ranges::shuffle(pieces, random_);
  for (const Change& piece : pieces) {
    if (Toss(chance)) Apply(image, piece);
  }
}

void LossyDisk::Cut() {
  for (auto& [path, image] : images_) {
    if (image->descriptor < 0) continue;
    if (!image->listed && Toss(0.5)) {
      ::unlink(path.c_str());
    } else {
      KeepSome(*image);
    }
  }
  for (const auto& [path, content] : deleted_) {
    if (Toss(0.5)) continue;
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) static_cast<void>(::write(file, content.data(), content.size()));
  }
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

}  // namespace

void InstallPowerLoss(const PowerLoss& plan) {
  Disk::Install(std::make_unique<LossyDisk>(plan));
}

}  // namespace obolus::storage::faults
