#include "storage/postgres_reader.h"

#include <utility>

#include "base/log.h"
#include "storage/postgres_transaction.h"

namespace obolus::storage {
namespace {

// Reads that share one snapshot: enough to spare most of the round trips, few enough that none
// waits long for the others.
constexpr std::size_t kReadsPerSnapshot = 32;

}  // namespace

void PostgresReader::Run(JobQueue& queue) {
  std::vector<base::Status> results;
  while (true) {
    std::vector<Job> batch = queue.Take(kReadsPerSnapshot);
    if (batch.empty()) return;
    results.assign(batch.size(), {});
    deadline_ = std::chrono::steady_clock::now() + retry_for_;
    if (!RunReads(batch, results)) {
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto one = std::span(results).subspan(i, 1);
        if (auto read = RunReads(std::span(batch).subspan(i, 1), one); !read) {
          base::Log(base::LogLevel::kError, "store_read_failed",
                    {{base::Field::kErrorText, read.error().message}});
          results[i] = std::unexpected(Unavailable("the database is not available"));
        }
      }
    }
    AnswerAll(std::move(batch), {}, std::exchange(results, {}));
  }
}

base::Status PostgresReader::RunReads(std::span<Job> jobs, std::span<base::Status> results) {
  const auto opened = link_.Get(deadline_);
  if (!opened) return std::unexpected(opened.error());
  PostgresConnection& connection = **opened;
  PostgresTransaction transaction(&connection);
  transaction.Begin(PostgresMode::kRead);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    results[i] = RunBody(jobs[i], transaction);
    if (connection.fault() != PostgresFault::kNone) break;
  }
  if (connection.fault() == PostgresFault::kNone) connection.Call("COMMIT").Queue();
  base::Status ended = connection.Sync();
  if (connection.fault() == PostgresFault::kLost) link_.Drop();
  return ended;
}

}  // namespace obolus::storage
