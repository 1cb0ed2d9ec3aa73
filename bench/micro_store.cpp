// A batch of sessions through the SQLite store, from the calls to the last answer: one commit and
// one sync for all of them.
#include <benchmark/benchmark.h>

#include <atomic>
#include <filesystem>
#include <string>

#include "bench/made_session.h"
#include "storage/sqlite_store.h"

namespace {

using namespace obolus;  // NOLINT: a program of its own

void InsertBatch(benchmark::State& state) {
  // In the working directory, because a temporary folder may be memory, which syncs for nothing.
  std::string folder = "micro-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return state.SkipWithError("no folder");
  auto store = storage::SqliteStore::Open({.path = folder + "/store.db"});
  if (!store) return state.SkipWithError(store.error().message.c_str());
  base::RandomIdSource ids;
  const base::SystemClock clock;
  const auto batch = static_cast<std::size_t>(state.range(0));
  std::atomic<std::size_t> failed = 0;
  for (auto _ : state) {
    std::atomic<std::size_t> left = batch;
    for (std::size_t i = 0; i < batch; ++i) {
      (*store)->Transact([session = bench::MakeSession(ids, clock.Now())](
                             app::Transaction& tx) { return tx.InsertSession(session); },
                         [&](base::Status status) {
                           if (!status) ++failed;
                           if (--left == 0) left.notify_one();
                         });
    }
    for (std::size_t now = left; now > 0; now = left) left.wait(now);
  }
  (*store)->Close();
  std::filesystem::remove_all(folder);
  if (failed > 0) state.SkipWithError("an insert failed");
}
BENCHMARK(InsertBatch)->Name("128 sessions stored, one commit")->Arg(128)->UseRealTime();

}  // namespace
