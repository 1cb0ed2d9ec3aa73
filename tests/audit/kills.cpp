#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "app/audit_verifier.h"
#include "audit/log_copy.h"
#include "storage/file_audit_log.h"

namespace obolus::audit_check {
namespace {

using storage::FileAuditLog;

std::unique_ptr<FileAuditLog> Open(const std::string& folder, const base::Clock& clock,
                                   base::Metrics& metrics) {
  auto log = FileAuditLog::Open({.folder = folder, .instance = "kills", .rotate_bytes = 60'000},
                                base::SecretBytes(kKey), clock, metrics);
  if (!log) {
    std::fprintf(stderr, "audit-check: %s\n", log.error().message.c_str());
    std::abort();
  }
  return std::move(*log);
}

// Records until it is killed; the number of each that is acknowledged goes to `acknowledged`.
[[noreturn]] void RecordForever(const std::string& folder, std::uint64_t first, int acknowledged) {
  const base::SystemClock clock;
  base::Metrics metrics;
  const auto log = Open(folder, clock, metrics);
  for (std::uint64_t number = first;; ++number) {
    domain::AuditRecord record{.kind = domain::AuditKind::kCardForwarded,
                               .object = std::to_string(number)};
    log->RecordDurably(std::move(record), [acknowledged, number](const base::Status& kept) {
      if (kept && write(acknowledged, &number, sizeof number) != sizeof number) _exit(1);
    });
    if (number % 8 == 0) std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
}

// What was acknowledged before it died.
std::vector<std::uint64_t> LiveAndDie(const std::string& folder, std::uint64_t first,
                                      std::chrono::milliseconds life) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
  const pid_t child = fork();
  if (child == 0) RecordForever(folder, first, ends[1]);
  close(ends[1]);
  std::jthread killer([child, life] {
    std::this_thread::sleep_for(life);
    kill(child, SIGKILL);
  });
  std::vector<std::uint64_t> numbers;
  std::uint64_t number = 0;
  while (read(ends[0], &number, sizeof number) == sizeof number) numbers.push_back(number);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return numbers;
}

app::AuditReport Verify(const std::string& folder, std::set<std::uint64_t>& kept,
                        std::uint64_t& torn) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  std::ranges::sort(files);  // "audit-…" before "audit.jsonl"
  app::AuditVerifier verifier(base::AsBytes(kKey), {});
  torn = 0;
  verifier.OnEntry([&](const app::AuditEntry& entry, std::string_view /*line*/) {
    if (entry.record.kind == domain::AuditKind::kCardForwarded) {
      kept.insert(std::stoull(entry.record.object));
    }
    for (const auto& [name, value] : entry.record.details) torn += name == "torn_bytes" ? 1 : 0;
  });
  for (const auto& file : files) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    verifier.AddFile(file, text.str());
  }
  return verifier.Finish();
}

}  // namespace

KillCount Kill(const std::string& folder, std::size_t kills) {
  KillCount count;
  std::vector<std::uint64_t> acknowledged;
  std::uint64_t first = 1;
  for (std::size_t i = 0; i < kills; ++i) {
    const auto numbers = LiveAndDie(folder, first, std::chrono::milliseconds(60 + (i * 37) % 200));
    acknowledged.insert(acknowledged.end(), numbers.begin(), numbers.end());
    first += 1'000'000;
    // What a kill tears is mended by the next start, which is a life that ends well here.
    const base::SystemClock clock;
    base::Metrics metrics;
    Open(folder, clock, metrics)->Close();
    std::set<std::uint64_t> kept;
    const app::AuditReport report = Verify(folder, kept, count.torn);
    if (report.all_faults > 0) {
      ++count.broken_logs;
      std::fprintf(stderr, "%s:%zu: %s\n", report.faults[0].file.c_str(), report.faults[0].line,
                   report.faults[0].what.c_str());
    }
    count.lost = static_cast<std::uint64_t>(std::ranges::count_if(
        acknowledged, [&](std::uint64_t number) { return !kept.contains(number); }));
  }
  count.acknowledged = acknowledged.size();
  return count;
}

}  // namespace obolus::audit_check
