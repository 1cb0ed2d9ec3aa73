#include "base/loop.h"

#include <utility>

#include "base/check.h"

namespace obolus::base {
namespace {

thread_local std::shared_ptr<Loop> current;

}  // namespace

const std::shared_ptr<Loop>& Loop::Current() {
  return current;
}

LoopThread::LoopThread(std::shared_ptr<Loop> loop) {
  CHECK(current == nullptr && loop != nullptr);
  current = std::move(loop);
}

LoopThread::~LoopThread() {
  current = nullptr;
}

}  // namespace obolus::base
