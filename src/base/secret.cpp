#include "base/secret.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "base/check.h"

namespace obolus::base {
namespace {

// Set once a page could not be locked, which an RLIMIT_MEMLOCK below our need causes.
std::atomic<bool> lock_refused = false;

std::uint8_t* MapLocked(std::size_t size) {
  void* pages = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  // Unlocked memory still works: `obolus check` says that secrets may reach the swap.
  // mlock2, because sanitizers turn mlock into nothing.
  if (mlock2(pages, size, 0) != 0) lock_refused = true;
  madvise(pages, size, MADV_DONTDUMP);
  madvise(pages, size, MADV_WIPEONFORK);  // a child that we never mean to have gets zeroes
  return static_cast<std::uint8_t*>(pages);
}

std::size_t RoundToPages(std::size_t size) {
  static const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

// Slots of one size in one locked mapping, so that not every secret costs a page and a system call.
class SlotPool {
 public:
  SlotPool(std::size_t slot_size, std::size_t slot_count)
      : slot_size_(slot_size),
        pool_size_(RoundToPages(slot_size * slot_count)),
        pool_(MapLocked(pool_size_)) {
    free_.reserve(slot_count);
    for (std::size_t i = slot_count; i > 0; --i) free_.push_back(pool_ + (i - 1) * slot_size);
  }

  std::size_t slot_size() const { return slot_size_; }
  bool Owns(const std::uint8_t* data) const {
    return !std::less<>()(data, pool_) && std::less<>()(data, pool_ + pool_size_);
  }

  // nullptr: all slots are taken. Slots are zero when they are handed out.
  std::uint8_t* Take() {
    const std::scoped_lock lock(mutex_);
    if (free_.empty()) return nullptr;
    std::uint8_t* slot = free_.back();
    free_.pop_back();
    return slot;
  }

  void Return(std::uint8_t* slot) {
    const std::scoped_lock lock(mutex_);
    free_.push_back(slot);  // never grows: the room was reserved
  }

 private:
  const std::size_t slot_size_;
  const std::size_t pool_size_;
  std::uint8_t* const pool_;
  std::mutex mutex_;
  std::vector<std::uint8_t*> free_;
};

// 640 KiB in all. The sizes are those of: keys, names and numbers; PEM of EC keys; a decrypted card
// as JSON and its parse; a key ring.
std::array<SlotPool, 4>& Pools() {
  // Never destroyed: secrets with static lifetime come back after main.
  static auto& pools = *new std::array<SlotPool, 4>{SlotPool(64, 1024), SlotPool(256, 256),
                                                    SlotPool(4096, 64), SlotPool(16384, 16)};
  return pools;
}

struct Block {
  std::uint8_t* data;
  std::size_t capacity;
};

Block Allocate(std::size_t size) {
  for (SlotPool& pool : Pools()) {
    if (size > pool.slot_size()) continue;
    if (std::uint8_t* slot = pool.Take()) return {slot, pool.slot_size()};
  }
  const std::size_t mapped = RoundToPages(size);
  return {MapLocked(mapped), mapped};
}

void Free(std::uint8_t* data, std::size_t capacity) {
  WipeMemory(data, capacity);
  for (SlotPool& pool : Pools()) {
    if (pool.Owns(data)) return pool.Return(data);
  }
  munmap(data, capacity);
}

}  // namespace

SecretBytes::SecretBytes(ByteView bytes) {
  if (bytes.empty()) return;
  *this = OfSize(bytes.size());
  std::memcpy(data_, bytes.data(), bytes.size());
}

SecretBytes SecretBytes::OfSize(std::size_t size) {
  SecretBytes secret;
  if (size == 0) return secret;
  const Block block = Allocate(size);
  secret.data_ = block.data;
  secret.capacity_ = block.capacity;
  secret.size_ = size;
  return secret;
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this == &other) return *this;
  Wipe();
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  capacity_ = std::exchange(other.capacity_, 0);
  return *this;
}

SecretBytes::~SecretBytes() {
  Wipe();
}

void SecretBytes::Wipe() {
  if (data_ == nullptr) return;
  Free(data_, capacity_);
  data_ = nullptr;
  size_ = 0;
  capacity_ = 0;
}

void SecretBytes::Truncate(std::size_t size) {
  CHECK(size <= size_);
  if (size == 0) return Wipe();
  WipeMemory(data_ + size, size_ - size);
  size_ = size;
}

bool SecretMemoryIsLocked() {
  Pools();
  return !lock_refused;
}

bool ConstantTimeEqual(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void WipeMemory(void* data, std::size_t size) {
  OPENSSL_cleanse(data, size);
}

}  // namespace obolus::base
