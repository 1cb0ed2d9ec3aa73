// The store contract: where `done` runs when it was asked for from a loop.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/loop.h"
#include "contract/store_contract.h"

namespace obolus::contract {
namespace {

// A loop that keeps what it is handed until the test runs it.
class HandLoop final : public base::Loop {
 public:
  bool Post(Task&& task) override {
    const std::lock_guard lock(mutex_);
    if (ended_) return false;
    tasks_.push_back(std::move(task));
    posted_.notify_all();
    return true;
  }
  void RunNext() {
    std::unique_lock lock(mutex_);
    posted_.wait(lock, [this] { return !tasks_.empty(); });
    Task task = std::move(tasks_.front());
    tasks_.erase(tasks_.begin());
    lock.unlock();
    task();
  }
  std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return tasks_.size();
  }
  void End() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::vector<Task> tasks_;
  bool ended_ = false;
};

TEST_P(StoreContract, TheDonesOfABatchGoHomeInOneTask) {
  const auto loop = std::make_shared<HandLoop>();
  std::vector<int> order;
  {
    const Blockade blockade(*store_);  // its own work has no home
    const base::LoopThread here(loop);
    for (int i = 0; i < 3; ++i) {
      store_->Transact(
          [&, i](app::Transaction& tx) {
            if (i == 1) return base::Status(base::Fail(base::ErrorCode::kInvalid, "no"));
            return tx.InsertSession(samples_.NewPayment());
          },
          [&, i](base::Status status) {
            EXPECT_EQ(status.has_value(), i != 1);
            order.push_back(i);
          });
    }
  }
  loop->RunNext();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(loop->waiting(), 0u);
}

TEST_P(StoreContract, ADoneWhoseHomeHasEndedRunsOnAThreadOfTheStore) {
  const auto loop = std::make_shared<HandLoop>();
  loop->End();
  std::promise<std::thread::id> thread;
  {
    const base::LoopThread here(loop);
    store_->Read([](app::Transaction&) { return base::Status{}; },
                 [&](base::Status) { thread.set_value(std::this_thread::get_id()); });
  }
  EXPECT_NE(thread.get_future().get(), std::this_thread::get_id());
}

TEST_P(StoreContract, HealthIsAnsweredToALoopThatWaitsForIt) {
  const base::LoopThread here(std::make_shared<HandLoop>());
  EXPECT_TRUE(store_->CheckHealth());
}

}  // namespace
}  // namespace obolus::contract
