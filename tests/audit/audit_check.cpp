// Writes an audit log of some thousand records in several files, changes it in every way that one
// can think of, one edit at a time, and counts how many of them verification finds; and kills a
// process that records, again and again, and counts what was acknowledged and is not there.
//
//   audit_check [--records N] [--every K] [--kills N]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "audit/log_copy.h"
#include "storage/file_audit_log.h"

namespace obolus::audit_check {
namespace {

std::string ReadFile(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

LogCopy WriteLog(const std::string& folder, std::size_t records) {
  const base::SystemClock clock;
  base::Metrics metrics;
  auto log = storage::FileAuditLog::Open(
      {.folder = folder, .instance = "check", .rotate_bytes = 100'000, .max_queued = records + 16},
      base::SecretBytes(kKey), clock, metrics);
  if (!log) std::abort();
  const auto kinds = domain::AllAuditKinds();
  for (std::size_t i = 0; i < records; ++i) {
    (*log)->Record({.kind = kinds[i % kinds.size()],
                    .success = i % 5 != 0,
                    .actor = "key:0123456789abcdef",
                    .origin = "192.0.2." + std::to_string(i % 256),
                    .object = "card_session:" + std::to_string(i),
                    .details = {{"n", std::to_string(i)}, {"text", std::string(i % 60, 'x')}}});
  }
  (*log)->Close();
  LogCopy copy{.files = {}, .head_text = ReadFile(folder + "/audit.head"), .head = (*log)->head()};
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    copy.files.emplace_back(entry.path().filename(), ReadFile(entry.path()));
  }
  std::ranges::sort(copy.files);
  return copy;
}

std::size_t Option(int argc, char** argv, const char* name, std::size_t otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return std::strtoull(argv[i + 1], nullptr, 10);
  }
  return otherwise;
}

bool CheckEdits(const LogCopy& log, std::size_t every) {
  Count all{"edits"};
  for (const Count& count : TryEdits(log, every)) {
    std::printf("%-40s %9llu of %llu found\n", count.edit.c_str(),
                static_cast<unsigned long long>(count.found),
                static_cast<unsigned long long>(count.tried));
    all.tried += count.tried;
    all.found += count.found;
  }
  std::printf("audit-check: %llu of %llu edits found, in a log of %llu lines in %zu files\n",
              static_cast<unsigned long long>(all.found),
              static_cast<unsigned long long>(all.tried),
              static_cast<unsigned long long>(log.head.sequence), log.files.size());
  return all.found == all.tried && all.tried > 0;
}

bool CheckKills(const std::string& folder, std::size_t kills) {
  const KillCount count = Kill(folder, kills);
  std::printf(
      "audit-check: %zu kills, %llu of %llu acknowledged records lost, %llu lines torn and "
      "mended, %llu logs that do not verify\n",
      kills, static_cast<unsigned long long>(count.lost),
      static_cast<unsigned long long>(count.acknowledged),
      static_cast<unsigned long long>(count.torn),
      static_cast<unsigned long long>(count.broken_logs));
  return count.lost == 0 && count.broken_logs == 0 && count.acknowledged > 0;
}

int Run(int argc, char** argv) {
  std::string folder = std::filesystem::temp_directory_path() / "audit-check-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return 1;
  const LogCopy log = WriteLog(folder + "/edits", Option(argc, argv, "--records", 3000));
  bool good = CheckEdits(log, Option(argc, argv, "--every", 1));
  good = CheckKills(folder + "/kills", Option(argc, argv, "--kills", 100)) && good;
  std::filesystem::remove_all(folder);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace obolus::audit_check

int main(int argc, char** argv) {
  return obolus::audit_check::Run(argc, argv);
}
