#include "main/audit_config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/crypto.h"
#include "base/encoding.h"
#include "vault/key_file.h"

namespace obolus::main {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::int64_t kMegabyte = 1'000'000;

std::string HostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unnamed";
  return name.data();
}

std::string OrElse(std::string text, const std::string& otherwise) {
  return text.empty() ? otherwise : text;
}

base::Status MakeKey(const Config& config) {
  struct stat info{};
  if (stat((config.audit.dir + "/audit.jsonl").c_str(), &info) == 0 && info.st_size > 0) {
    return base::Fail(base::ErrorCode::kConflict, "the audit log in " + config.audit.dir +
                                                      " was written with a key that is not"
                                                      " at " +
                                                      config.audit.key_file +
                                                      " (audit.key_file): put it back, or move the"
                                                      " log away to begin a new one");
  }
  auto bytes = base::SecretBytes::OfSize(kKeyBytes);
  base::FillRandom({bytes.data(), bytes.size()});
  return vault::CreateKeyFile(config.audit.key_file, bytes.view());
}

storage::AuditLogOptions OptionsOf(const Config& config) {
  return {.folder = config.audit.dir,
          .instance = config.audit.instance,
          .rotate_bytes = static_cast<std::uint64_t>(config.audit.rotate_bytes),
          .max_queued = static_cast<std::size_t>(config.audit.max_queued),
          .keep_for = std::chrono::days(config.audit.keep_days),
          .keep_files = static_cast<std::size_t>(config.audit.keep_files)};
}

}  // namespace

void ReadAudit(ConfigValues& values, Config& config) {
  config.audit = {.dir = OrElse(values.Text("audit.dir"), config.data_dir + "/audit"),
                  .key_file = OrElse(values.Text("audit.key_file"), config.data_dir + "/audit.key"),
                  .instance = OrElse(values.Text("audit.instance"), HostName()),
                  .rotate_bytes = values.Integer("audit.rotate_mb", 1, 1024) * kMegabyte,
                  .max_queued = values.Integer("audit.max_queued", 16, 1'000'000),
                  .keep_days = values.Integer("audit.keep_days", 90, 36'500),
                  .keep_files = values.Integer("audit.keep_files", 0, 1'000'000),
                  .refusals_per_minute = values.Integer("audit.refusals_per_minute", 1, 100'000)};
  config.digest = values.Digest();
  if (config.audit.instance.size() > domain::kLongestDetail) {
    values.Fault("audit.instance", "must be at most 256 bytes long");
  }
}

base::Result<base::SecretBytes> ReadAuditKey(const std::string& path) {
  auto key = vault::ReadKeyFile(path);
  if (key && key->size() != kKeyBytes) {
    return base::Fail(base::ErrorCode::kMalformed, path + " is not an audit key: 32 bytes");
  }
  return key;
}

base::Result<std::unique_ptr<storage::FileAuditLog>> OpenAudit(const Config& config,
                                                               base::Metrics& metrics) {
  static const base::SystemClock clock;  // auditors compare with other machines' logs
  auto key = ReadAuditKey(config.audit.key_file);
  const bool is_new = !key && key.error().code == base::ErrorCode::kNotFound;
  if (is_new) {
    if (base::Status made = MakeKey(config); !made) return std::unexpected(made.error());
    key = ReadAuditKey(config.audit.key_file);
  }
  if (!key) return std::unexpected(key.error());
  auto log = storage::FileAuditLog::Open(OptionsOf(config), std::move(*key), clock, metrics);
  if (!log) return log;
  if (is_new) {
    (*log)->Record(
        {.kind = domain::AuditKind::kKeyCreated, .actor = "obolus", .object = "key:audit"});
  }
  return log;
}

}  // namespace obolus::main
