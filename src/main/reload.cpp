#include "main/reload.h"

#include <sys/stat.h>

#include <new>
#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace obolus::main {
namespace {

constexpr std::size_t kMostRequests = 16;  // a queue of people who type `obolus reload`

base::Status RunOrRunOut(const Reload::Step& step) {
  try {
    return step.run();
  } catch (const std::bad_alloc&) {
    return base::Fail(base::ErrorCode::kUnavailable, "out of memory");
  }
}

std::unexpected<base::Error> NotRun() {
  return base::Fail(base::ErrorCode::kUnavailable, "stopping, or busy with other reloads");
}

}  // namespace

std::string StampOf(const std::vector<std::string>& files) {
  std::string stamp;
  for (const std::string& file : files) {
    if (file.empty()) continue;
    struct stat info{};
    if (stat(file.c_str(), &info) != 0) {
      stamp += "missing;";
      continue;
    }
    for (const auto part :
         {static_cast<std::int64_t>(info.st_dev), static_cast<std::int64_t>(info.st_ino),
          static_cast<std::int64_t>(info.st_size), std::int64_t{info.st_mtim.tv_sec},
          std::int64_t{info.st_mtim.tv_nsec}, std::int64_t{info.st_mode}}) {
      stamp += std::to_string(part) + ",";
    }
    stamp += ";";
  }
  return stamp;
}

Reload::Reload(base::Metrics& metrics, app::AuditLog& audit) : metrics_(metrics), audit_(audit) {}

Reload::~Reload() {
  Stop();
}

void Reload::Add(Step step) {
  CHECK(!thread_.joinable());
  const auto count = [&](const char* outcome) {
    return metrics_.AddCounter("obolus_reloads_total",
                               "Times that a step of the reload ran, by how it ended.",
                               {{"step", step.name}, {"outcome", outcome}});
  };
  const base::Gauge is_failed =
      metrics_.AddGauge("obolus_reload_failed", "1 while files lie there that could not be taken.",
                        {{"step", step.name}});
  Entry entry{.step = {},
              .stamp = step.stamp(),
              .taken = count("taken"),
              .failed = count("failed"),
              .is_failed = is_failed};
  entry.step = std::move(step);
  entries_.push_back(std::move(entry));
}

void Reload::Start(base::Millis poll_interval) {
  thread_ = std::thread([this, poll_interval] { Run(poll_interval); });
}

void Reload::Ask(std::string actor, http::ReloadDone done) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && requests_.size() < kMostRequests) {
      requests_.push_back({std::move(actor), std::move(done)});
      wake_.notify_one();
      return;
    }
  }
  done(NotRun());
}

void Reload::Stop() {
  std::deque<Request> left;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    left.swap(requests_);
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  for (Request& request : left) request.done(NotRun());
}

void Reload::Run(base::Millis poll_interval) {
  std::unique_lock lock(mutex_);
  const auto is_wanted = [this] { return stopping_ || !requests_.empty(); };
  while (!stopping_) {
    if (poll_interval == base::Millis(0)) {
      wake_.wait(lock, is_wanted);
    } else {
      wake_.wait_for(lock, poll_interval, is_wanted);
    }
    if (stopping_) return;
    if (requests_.empty()) {
      lock.unlock();
      RunSteps("obolus", true);
    } else {
      Request request = std::move(requests_.front());
      requests_.pop_front();
      lock.unlock();
      request.done(RunSteps(request.actor, false));
    }
    lock.lock();
  }
}

std::vector<http::ReloadOutcome> Reload::RunSteps(const std::string& actor, bool changed_only) {
  std::vector<http::ReloadOutcome> outcomes;
  for (Entry& entry : entries_) {
    // Taken before the files are read: what changes meanwhile is found next time.
    std::string stamp = entry.step.stamp();
    if (changed_only && stamp == entry.stamp) continue;
    outcomes.push_back({entry.step.name, RunStep(entry, actor, std::move(stamp))});
  }
  return outcomes;
}

base::Status Reload::RunStep(Entry& entry, const std::string& actor, std::string stamp) {
  using base::Field;
  const bool changed = std::exchange(entry.stamp, std::move(stamp)) != entry.stamp;
  base::Status status = RunOrRunOut(entry.step);
  (status ? entry.taken : entry.failed).Add();
  entry.is_failed.Set(status ? 0 : 1);
  if (status) {
    base::Log(
        base::LogLevel::kInfo, "reloaded",
        {{Field::kKind, entry.step.name}, {Field::kOutcome, changed ? "changed" : "unchanged"}});
  } else {
    base::Log(base::LogLevel::kError, "reload_failed",
              {{Field::kKind, entry.step.name}, {Field::kErrorText, status.error().message}});
  }
  if (changed || !status) {
    domain::AuditRecord record{.kind = entry.step.kind,
                               .success = status.has_value(),
                               .actor = actor,
                               .object = "reload:" + entry.step.name};
    if (!status) record.details.emplace_back("error", status.error().message);
    audit_.Record(std::move(record));
  }
  return status;
}

}  // namespace obolus::main
