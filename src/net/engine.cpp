#include "net/engine.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <new>

#include "base/check.h"
#include "base/log.h"
#include "net/engine_impl.h"
#include "net/signals_blocked.h"

namespace obolus::net {
namespace {

// Shared with the posted tasks, which may outlive the wait when the engine stops in the middle.
struct Barrier {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t left = 0;
};

// False: a task ran out of memory and is over, the others go on.
bool RunUntilStopped(asio::io_context& context) {
  try {
    context.run();
    return true;
  } catch (const std::bad_alloc&) {
    base::Log(base::LogLevel::kError, "out_of_memory");
    return false;
  }
}

}  // namespace

Engine::Impl::Impl(std::size_t threads) {
  CHECK(threads >= 1);
  const SignalsBlocked blocked;
  for (std::size_t i = 0; i < threads; ++i) loops.push_back(std::make_unique<Loop>());
  for (auto& loop : loops) {
    loop->thread = std::thread([context = &loop->context, inbox = loop->inbox] {
      const base::LoopThread here(inbox);
      const auto work = asio::make_work_guard(*context);
      while (!RunUntilStopped(*context)) {
      }
    });
  }
}

bool Engine::Impl::OnEngineThread() const {
  return std::ranges::any_of(
      loops, [](const auto& loop) { return loop->thread.get_id() == std::this_thread::get_id(); });
}

void Engine::Impl::RunOnAll(const std::function<void(std::size_t)>& task) {
  CHECK(!OnEngineThread());
  // Held so that the engine cannot stop between the posts and their end.
  const std::lock_guard lock(stop_mutex);
  if (stopped) {
    for (std::size_t i = 0; i < loops.size(); ++i) task(i);
    return;
  }
  const auto barrier = std::make_shared<Barrier>();
  barrier->left = loops.size();
  for (std::size_t i = 0; i < loops.size(); ++i) {
    asio::post(loops[i]->context, [barrier, &task, i] {
      task(i);
      const std::lock_guard inner(barrier->mutex);
      --barrier->left;
      barrier->changed.notify_one();
    });
  }
  std::unique_lock waiting(barrier->mutex);
  barrier->changed.wait(waiting, [&] { return barrier->left == 0; });
}

void Engine::Impl::Stop() {
  CHECK(!OnEngineThread());
  const std::lock_guard lock(stop_mutex);
  if (stopped.exchange(true)) return;
  for (auto& loop : loops) loop->context.stop();
  for (auto& loop : loops) loop->thread.join();
  for (auto& loop : loops) loop->inbox->Close();
}

Engine::Engine(std::size_t threads) : impl_(std::make_unique<Impl>(threads)) {}

Engine::~Engine() {
  impl_->Stop();
}

void Engine::Stop() {
  impl_->Stop();
}

void Engine::After(base::Millis delay, std::move_only_function<void()> task) noexcept {
  asio::io_context& context = impl_->Next().context;
  if (delay <= base::Millis::zero()) {
    asio::post(context, std::move(task));
    return;
  }
  auto timer = std::make_unique<Timer>(context, delay);
  Timer& waiting = *timer;
  waiting.async_wait([timer = std::move(timer),
                      task = std::move(task)](const boost::system::error_code& error) mutable {
    if (!error) task();
  });
}

}  // namespace obolus::net
