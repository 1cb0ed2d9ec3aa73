#include "net/response_stream.h"

#include "net/lane.h"

namespace obolus::net {
namespace {

constexpr std::size_t kMostQueued = 64 * 1024;

class StreamHandle final : public ResponseStream {
 public:
  explicit StreamHandle(std::shared_ptr<StreamQueue> queue) : queue_(std::move(queue)) {}
  ~StreamHandle() override { queue_->End(); }
  StreamHandle(const StreamHandle&) = delete;
  StreamHandle& operator=(const StreamHandle&) = delete;

  bool Write(std::string chunk) override { return queue_->Push(chunk); }
  void Close() override { queue_->End(); }
  void OnClosed(std::move_only_function<void()> callback) override {
    queue_->OnGone(std::move(callback));
  }

 private:
  const std::shared_ptr<StreamQueue> queue_;
};

}  // namespace

std::shared_ptr<ResponseStream> MakeStreamHandle(std::shared_ptr<StreamQueue> queue) {
  return std::make_shared<StreamHandle>(std::move(queue));
}

StreamQueue::StreamQueue(std::weak_ptr<Exchange> exchange, std::shared_ptr<Lane> lane)
    : exchange_(std::move(exchange)), lane_(std::move(lane)) {}

bool StreamQueue::Push(std::string_view chunk) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_ || gone_) return false;
    if (pending_.size() + in_flight_ + chunk.size() <= kMostQueued) {
      pending_.append(chunk);
      if (std::exchange(waking_, true)) return true;
      Wake();
      return true;
    }
    ended_ = true;
  }
  // A client that does not read: the connection ends without waiting for it.
  lane_->Post([exchange = exchange_] {
    if (const auto strong = exchange.lock()) strong->Abort();
  });
  return false;
}

void StreamQueue::End() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(ended_, true) || gone_) return;
  if (!std::exchange(waking_, true)) Wake();
}

void StreamQueue::Wake() {
  lane_->Post([exchange = exchange_] {
    if (const auto strong = exchange.lock()) strong->Wake();
  });
}

void StreamQueue::OnGone(std::move_only_function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!gone_) return std::swap(callback_, callback);
  }
  // Outside the lock: the callback may hold the stream itself.
  if (lane_->Post(std::move(callback))) return;
  callback();  // NOLINT(bugprone-use-after-move): a Post that is refused leaves it alone
}

bool StreamQueue::Take(std::string& chunk) {
  const std::lock_guard lock(mutex_);
  waking_ = false;
  chunk.clear();
  chunk.swap(pending_);
  in_flight_ = chunk.size();
  return ended_;
}

void StreamQueue::Gone() {
  std::move_only_function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(gone_, true)) return;
    ended_ = true;
    callback = std::exchange(callback_, nullptr);
  }
  if (callback) callback();
}

}  // namespace obolus::net
