#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "contract/session_samples.h"
#include "fuzz/promises.h"
#include "fuzz/targets.h"
#include "main/config.h"
#include "storage/row_mapping.h"
#include "storage/session_document.h"
#include "storage/timeline_document.h"
#include "vault/key_ring.h"

namespace obolus::fuzz {
namespace {

// A file of this process alone, which others reach by a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes)
      : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)),
        path_("/proc/self/fd/" + std::to_string(descriptor_)) {
    CHECK(descriptor_ >= 0 && fchmod(descriptor_, 0600) == 0);
    CHECK(write(descriptor_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(descriptor_); }
  const std::string& path() const { return path_; }

 private:
  int descriptor_;
  std::string path_;
};

class FixedClock final : public base::Clock {
 public:
  base::Timestamp Now() const override { return base::FromMillis(1795305600000); }
};

const std::string& GoodKeyFile() {
  static const auto& text = *new std::string([] {
    std::string folder = "/tmp/fuzz-keys.XXXXXX";
    CHECK(mkdtemp(folder.data()) != nullptr);
    const std::string path = folder + "/obolus.keys";
    CHECK(vault::KeyRing::Open(path, FixedClock()).has_value());
    std::ifstream file(path, std::ios::binary);
    std::string read{std::istreambuf_iterator<char>(file), {}};
    std::filesystem::remove_all(folder);
    return read;
  }());
  return text;
}

}  // namespace

// What was read is written, and reads as it was.
void FuzzSessionDocument(std::string_view bytes) {
  contract::Samples samples;
  for (const auto& session : {samples.NewPayment(), samples.NewTds(samples.NewId())}) {
    const auto row = storage::ToRow(session);
    const auto read = storage::FromRow(row, bytes);
    if (!read) {
      CheckRefusal(read.error());
      CHECK(read.error().code == base::ErrorCode::kInternal);
      continue;
    }
    CHECK(read->id == session.id && read->kind == session.kind && read->state == session.state);
    const auto again = storage::FromRow(row, storage::ToDocument(*read));
    CHECK(again.has_value() && *again == *read);
  }
}

void FuzzTimelineDocument(std::string_view bytes) {
  const auto read = storage::ReadTimelineEntry({}, {}, bytes);
  if (!read) return CheckRefusal(read.error());
  const auto again = storage::ReadTimelineEntry({}, {}, storage::ToDocument(*read));
  CHECK(again.has_value() && *again == *read);
}

// Keys stand in no repository, so the seeds are changes of a file that is made here: two bytes of
// where, one of how much goes, and what comes instead. What begins with a brace is the whole file.
void FuzzKeyFile(std::string_view bytes) {
  std::string text(bytes);
  if (!bytes.starts_with('{')) {
    if (bytes.size() < 3) return;
    const auto byte = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    text = GoodKeyFile();
    const std::size_t at = (byte(0) * 256U + byte(1)) % text.size();
    text.replace(at, byte(2), bytes.substr(3));
  }
  const MemoryFile file(text);
  const auto ring = vault::KeyRing::Open(file.path(), FixedClock());
  if (!ring) {
    CheckRefusal(ring.error());
    return;
  }
  CHECK(ring->CurrentKeyEncryptionKey().key.size() == 32);
  CHECK(ring->SessionKeyHmac(ring->CurrentSessionKeyId()).size() == 32);
  CHECK(ring->EnvelopeKeys().size() >= 2);
}

// Text that names another file is left alone: only what stands in it is fuzzed.
void FuzzConfig(std::string_view bytes) {
  if (bytes.contains("file") || bytes.contains('\\')) return;
  const MemoryFile file(bytes);
  const auto config = main::LoadConfig({file.path(), {}, {}});
  if (config) return;
  CheckRefusal(config.error(), false);
  CHECK(!config.error().fields.empty());
}

}  // namespace obolus::fuzz
