#include "storage/memory_store.h"

#include <future>
#include <utility>

#include "storage/memory_transaction.h"

namespace obolus::storage {

MemoryStore::MemoryStore(MemoryOptions options)
    : options_(options), queue_(options.max_queued), thread_([this] { Run(); }) {}

MemoryStore::~MemoryStore() {
  Close();
}

void MemoryStore::Transact(Body body, std::move_only_function<void(base::Status)> done) {
  queue_.Push({std::move(body), std::move(done), base::Loop::Current()});
}

void MemoryStore::Read(Body body, std::move_only_function<void(base::Status)> done) {
  Transact(
      [body = std::move(body)](app::Transaction& tx) mutable {
        static_cast<MemoryTransaction&>(tx).ForbidWrites();
        return body(tx);
      },
      std::move(done));
}

base::Status MemoryStore::CheckHealth() {
  auto outcome = std::make_shared<std::promise<base::Status>>();
  std::future<base::Status> ran = outcome->get_future();
  // No home: the caller may be on an engine thread, and waits there.
  queue_.Push({[](app::Transaction&) { return base::Status{}; },
               [outcome](base::Status status) { outcome->set_value(std::move(status)); }, nullptr});
  return ran.get();
}

void MemoryStore::Close() {
  const std::lock_guard lock(closing_);
  queue_.Close();
  if (thread_.joinable()) thread_.join();
}

void MemoryStore::Run() {
  while (true) {
    std::vector<Job> batch = queue_.Take(options_.max_batch);
    if (batch.empty()) return;
    RunBatch(std::move(batch));
  }
}

void MemoryStore::RunBatch(std::vector<Job> batch) {
  app::CommitNotice notice;
  std::vector<base::Status> results(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    MemoryTransaction transaction(&tables_, &notice);
    results[i] = RunBody(batch[i], transaction);
    if (!results[i]) transaction.Undo();
  }
  if (listener_) listener_(notice);
  AnswerAll(std::move(batch), {}, std::move(results));
}

}  // namespace obolus::storage
