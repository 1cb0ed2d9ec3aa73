#include "storage/file_audit_log.h"

#include <algorithm>
#include <new>
#include <utility>

#include "app/audit_head.h"
#include "app/audit_verifier.h"
#include "base/log.h"
#include "storage/audit_recovery.h"

namespace obolus::storage {
namespace {

using base::ChainHead;
using base::Status;
using domain::AuditKind;

constexpr std::size_t kMostInABatch = 512;
// Records that nobody waits for are gathered so long: one wait for the disk for many.
constexpr std::chrono::milliseconds kGatherTime{20};
constexpr base::Millis kHeadLogInterval{60'000};

std::unexpected<base::Error> Unavailable(std::string message) {
  return std::unexpected(
      base::Error{base::ErrorCode::kUnavailable, std::move(message), {}, std::chrono::seconds(1)});
}

}  // namespace

base::Result<std::unique_ptr<FileAuditLog>> FileAuditLog::Open(AuditLogOptions options,
                                                               base::SecretBytes key,
                                                               const base::Clock& clock,
                                                               base::Metrics& metrics) {
  auto file = AuditFile::Open(options.folder);
  if (!file) return std::unexpected(file.error());
  std::unique_ptr<FileAuditLog> log(
      new FileAuditLog(std::move(options), std::move(key), clock, metrics, std::move(*file)));
  if (Status recovered = log->Recover(); !recovered) return std::unexpected(recovered.error());
  log->thread_ = std::thread([raw = log.get()] { raw->Run(); });
  return log;
}

FileAuditLog::FileAuditLog(AuditLogOptions options, base::SecretBytes key, const base::Clock& clock,
                           base::Metrics& metrics, AuditFile file)
    : options_(std::move(options)),
      key_(std::move(key)),
      clock_(clock),
      written_(metrics.AddCounter("obolus_audit_records_total", "Audit records that are kept.")),
      lost_total_(metrics.AddCounter("obolus_audit_records_lost_total",
                                     "Audit records that could not be kept.")),
      failures_(metrics.AddCounter("obolus_audit_write_failures_total",
                                   "Times that the audit log could not be written.")),
      writable_(metrics.AddGauge("obolus_audit_writable",
                                 "1: the last write of the audit log went well; 0: it failed.")),
      head_sequence_(metrics.AddGauge("obolus_audit_head_sequence",
                                      "Number of the last line of the audit log.")),
      file_(std::move(file)),
      chain_(key_.view(), {}) {}

FileAuditLog::~FileAuditLog() {
  Close();
}

Status FileAuditLog::Recover() {
  const auto newest = file_.Read();
  if (!newest) return std::unexpected(newest.error());
  const auto head_text = file_.ReadHead();
  if (!head_text) return std::unexpected(head_text.error());
  if (newest->empty() && head_text->empty()) {
    if (Status made = file_.WriteHead(app::WriteAuditHead(key_.view(), {})); !made) return made;
  }
  const AuditRecovery found = RecoverAudit(key_.view(), *newest, *head_text);
  domain::Details details = {{"after_line", base::ToText(found.head)}};
  std::string text;
  if (found.keep_bytes < newest->size()) {
    const std::string_view torn = std::string_view(*newest).substr(found.keep_bytes);
    details.emplace_back("torn_bytes", std::to_string(torn.size()));
    details.emplace_back("torn_sha256", base::EncodeHex(base::Sha256(base::AsBytes(torn))));
    if (Status cut = file_.Truncate(found.keep_bytes); !cut) return cut;
  } else if (!newest->empty() && newest->back() != '\n') {
    text = "\n";  // a fault, kept as it is; our lines are lines all the same
  }
  chain_.GoBackTo(found.head);
  found_ = found.head;
  first_ = found.first != 0 ? found.first : found.head.sequence + 1;
  text += NextLine(OwnEntry(AuditKind::kAuditStarted, std::move(details)));
  if (found.tampered) {
    app::AuditEntry entry = OwnEntry(AuditKind::kTamperSuspected, {{"what", *found.tampered}});
    entry.record.success = false;
    entry.record.object = "audit_log";
    text += NextLine(entry);
    base::Log(base::LogLevel::kError, "audit_log_tampered",
              {{base::Field::kErrorText, *found.tampered}});
  }
  Status written = file_.Append(text);
  if (!written) return written;
  NoteOutcome(written, found.tampered ? 2 : 1);
  return {};
}

app::AuditEntry FileAuditLog::OwnEntry(AuditKind kind, domain::Details details) const {
  return {.time = clock_.Now(),
          .record = {.kind = kind, .actor = "obolus", .object = {}, .details = std::move(details)},
          .instance = options_.instance};
}

std::string FileAuditLog::NextLine(const app::AuditEntry& entry) {
  return chain_.Append(app::WriteAuditMembers(entry)) + "\n";
}

void FileAuditLog::Record(domain::AuditRecord record) {
  try {
    Job job{{.time = clock_.Now(), .record = std::move(record), .instance = {}}, {}, {}};
    const std::lock_guard lock(mutex_);
    if (!closed_ && jobs_.size() < options_.max_queued) {
      jobs_.push_back(std::move(job));
      if (jobs_.size() == 1 || jobs_.size() == options_.max_queued / 2) wake_.notify_one();
      return;
    }
  } catch (const std::bad_alloc&) {
    base::Log(base::LogLevel::kError, "out_of_memory");
  }
  Lose(1);
}

void FileAuditLog::RecordDurably(domain::AuditRecord record,
                                 std::move_only_function<void(Status)> done) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_ && jobs_.size() < options_.max_queued) {
      jobs_.push_back({{.time = clock_.Now(), .record = std::move(record), .instance = {}},
                       std::move(done),
                       base::Loop::Current()});
      hurry_ = true;
      wake_.notify_one();
      return;
    }
  }
  done(Unavailable("the audit log has too much waiting, or is closed"));
}

void FileAuditLog::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::string FileAuditLog::Hmac(base::ByteView bytes) const {
  return base::EncodeHex(base::HmacSha256(key_.view(), bytes));
}

ChainHead FileAuditLog::head() const {
  const std::lock_guard lock(mutex_);
  return head_;
}

std::vector<FileAuditLog::Job> FileAuditLog::Take() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
  wake_.wait_for(lock, kGatherTime,
                 [this] { return closed_ || hurry_ || jobs_.size() >= options_.max_queued / 2; });
  std::vector<Job> batch;
  const std::size_t count = std::min(jobs_.size(), kMostInABatch);
  batch.reserve(count);
  std::move(jobs_.begin(), jobs_.begin() + static_cast<std::ptrdiff_t>(count),
            std::back_inserter(batch));
  jobs_.erase(jobs_.begin(), jobs_.begin() + static_cast<std::ptrdiff_t>(count));
  hurry_ = hurry_ && !jobs_.empty();
  return batch;
}

void FileAuditLog::Run() {
  while (true) {
    std::vector<Job> batch;
    try {
      batch = Take();
    } catch (const std::bad_alloc&) {
      std::this_thread::sleep_for(kGatherTime);
      continue;
    }
    if (batch.empty()) break;
    Write(std::move(batch));
  }
  std::vector<Job> last;
  last.push_back({OwnEntry(AuditKind::kAuditStopped, {}), {}, {}});
  Write(std::move(last));
}

void FileAuditLog::Write(std::vector<Job> batch) {
  const ChainHead before = chain_.head();
  const std::uint64_t lost = lost_.load();
  batch.front().entry.lost = lost;
  Status written;
  try {
    written = Append(batch);
  } catch (const std::bad_alloc&) {
    written = Unavailable("out of memory");
  }
  if (written) {
    lost_ -= lost;
  } else {
    chain_.GoBackTo(before);
    Lose(static_cast<std::uint64_t>(
        std::ranges::count_if(batch, [](const Job& job) { return job.done == nullptr; })));
  }
  NoteOutcome(written, batch.size());
  for (Job& job : batch) {
    if (job.done) Answer(job, written);
  }
}

Status FileAuditLog::Append(std::vector<Job>& batch) {
  // When it cannot be done the file grows, and the next batch tries again.
  if (file_.size() >= options_.rotate_bytes) (void)Rotate();
  std::string text;
  for (Job& job : batch) {
    job.entry.instance = options_.instance;
    text += NextLine(job.entry);
  }
  return file_.Append(text);
}

Status FileAuditLog::Rotate() {
  const ChainHead before = chain_.head();
  const std::string line = NextLine(OwnEntry(
      AuditKind::kAuditRotated, {{"closed", NameOfOlderAuditFile(first_)},
                                 {"records", std::to_string(before.sequence - first_ + 1)}}));
  Status rotated = file_.Rotate(first_, line);
  if (rotated) {
    first_ = before.sequence + 1;
    RemoveOld();
  } else {
    chain_.GoBackTo(before);
    base::Log(base::LogLevel::kError, "audit_rotation_failed",
              {{base::Field::kErrorText, rotated.error().message}});
  }
  return rotated;
}

// Oldest first, so that what is left hangs together; the rest when the next file is full.
void FileAuditLog::RemoveOld() {
  constexpr std::size_t kMostAtOnce = 16;
  const auto files = file_.ListOlder();
  Status removed = files ? Status() : std::unexpected(files.error());
  const std::size_t count = files ? files->size() : 0;
  for (std::size_t i = 0; removed && i < std::min(count, kMostAtOnce); ++i) {
    const bool too_many = options_.keep_files > 0 && count - i > options_.keep_files;
    if (!too_many && (*files)[i].written_at + options_.keep_for > clock_.Now()) break;
    removed = RemoveOlder((*files)[i]);
  }
  if (!removed) {
    base::Log(base::LogLevel::kError, "audit_removal_failed",
              {{base::Field::kErrorText, removed.error().message}});
  }
}

// Recorded first: a file that is gone without a word is what verification looks for.
Status FileAuditLog::RemoveOlder(const AuditFile::Older& file) {
  const auto last = file_.LastLineOf(file.name);
  if (!last) return std::unexpected(last.error());
  const auto opened = base::OpenChainLine(key_.view(), *last);
  if (!opened) return std::unexpected(opened.error());
  const ChainHead before = chain_.head();
  const std::string line = NextLine(OwnEntry(
      AuditKind::kAuditRotated,
      {{"removed", file.name}, {std::string(app::kRemovedUpTo), base::ToText(opened->head)}}));
  if (Status recorded = file_.Append(line); !recorded) {
    chain_.GoBackTo(before);
    return recorded;
  }
  return file_.RemoveOlder(file.name);
}

void FileAuditLog::NoteOutcome(const Status& written, std::uint64_t records) {
  writable_.Set(written ? 1 : 0);
  if (!written) {
    failures_.Add();
    if (!std::exchange(failing_, true)) {
      base::Log(base::LogLevel::kError, "audit_log_failed",
                {{base::Field::kErrorText, written.error().message}});
    }
    return;
  }
  written_.Add(static_cast<double>(records));
  if (std::exchange(failing_, false)) base::Log(base::LogLevel::kWarn, "audit_log_works_again");
  const ChainHead head = chain_.head();
  head_sequence_.Set(static_cast<double>(head.sequence));
  {
    const std::lock_guard lock(mutex_);
    head_ = head;
  }
  if (const Status kept = file_.WriteHead(app::WriteAuditHead(key_.view(), head)); !kept) {
    base::Log(base::LogLevel::kError, "audit_head_failed",
              {{base::Field::kErrorText, kept.error().message}});
  }
  const base::Timestamp now = clock_.Now();
  if (now - head_logged_at_ < kHeadLogInterval) return;
  head_logged_at_ = now;
  base::Log(base::LogLevel::kInfo, "audit_head", {{base::Field::kDetail, base::ToText(head)}});
}

void FileAuditLog::Lose(std::uint64_t records) {
  lost_ += records;
  lost_total_.Add(static_cast<double>(records));
}

void FileAuditLog::Answer(Job& job, Status outcome) {
  const std::shared_ptr<base::Loop> home = std::move(job.home);
  if (home == nullptr) return job.done(std::move(outcome));
  base::Loop::Task task = [done = std::move(job.done), outcome]() mutable {
    done(std::move(outcome));
  };
  if (!home->Post(std::move(task))) task();
}

}  // namespace obolus::storage
