// Fills a SQLite file with sessions as a busy installation has them after a day, through the store
// itself, so that rows and indexes are what Obolus writes: time-ordered ids over a day,
// one in a hundred still open, the others expired and kept. Measures nothing; bench.mjs does, with
// Obolus on this file.
//
//   fill_store FILE ROWS
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>

#include "base/clock.h"
#include "base/id.h"
#include "bench/made_session.h"
#include "storage/sqlite_store.h"

namespace {

using namespace obolus;  // NOLINT: a program of one file

constexpr std::size_t kRowsPerBody = 2000;
constexpr std::size_t kOpenEvery = 100;
constexpr base::Millis kAge = std::chrono::hours(24);

domain::Session MakeStored(base::IdSource& ids, base::Timestamp created, bool is_open) {
  domain::Session session = bench::MakeSession(ids, created);
  if (is_open) {
    session.expires_at = created + 2 * kAge;
    return session;
  }
  session.state = domain::SessionState::kExpired;
  session.ended_at = session.expires_at;
  session.failure = domain::FailureCode::kSessionExpired;
  session.version = 2;
  return session;
}

// False: not written, with the reason on standard error.
bool Fill(app::Store& store, std::size_t rows) {
  base::RandomIdSource ids;
  const base::Timestamp start = base::SystemClock().Now() - kAge - std::chrono::hours(1);
  for (std::size_t done = 0; done < rows;) {
    const std::size_t count = std::min(kRowsPerBody, rows - done);
    std::promise<base::Status> promise;
    store.Transact(
        [&, done, count](app::Transaction& tx) -> base::Status {
          for (std::size_t i = done; i < done + count; ++i) {
            const double share = static_cast<double>(i) / static_cast<double>(rows);
            const base::Millis age(static_cast<std::int64_t>(share * kAge.count()));
            auto status = tx.InsertSession(MakeStored(ids, start + age, i % kOpenEvery == 0));
            if (!status) return status;
          }
          return {};
        },
        [&promise](base::Status status) { promise.set_value(std::move(status)); });
    if (const auto status = promise.get_future().get(); !status) {
      std::fprintf(stderr, "fill_store: %s\n", status.error().message.c_str());
      return false;
    }
    done += count;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: fill_store FILE ROWS\n");
    return 64;
  }
  auto store = storage::SqliteStore::Open({.path = argv[1]});
  if (!store) {
    std::fprintf(stderr, "fill_store: %s\n", store.error().message.c_str());
    return 1;
  }
  const bool filled = Fill(**store, std::strtoul(argv[2], nullptr, 10));
  (*store)->Close();
  return filled ? 0 : 1;
}
