#include "net/lane.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "net/http_connection.h"
#include "net/response_head.h"

namespace obolus::net {
namespace {

// Often enough for the shortest limit to mean something, at most once a second.
base::Millis SweepInterval(const ServerLimits& limits) {
  const base::Millis shortest = std::min(
      {limits.read_timeout, limits.idle_timeout, limits.write_timeout, limits.handshake_timeout});
  return std::clamp(shortest / 4, base::Millis(10), base::Millis(1000));
}

std::int64_t WallSeconds() {
  return base::ToMillis(base::SystemClock().Now()) / 1000;
}

}  // namespace

void ServerCore::RequestEnds() {
  if (running.fetch_sub(1) != 1 || !stopping) return;
  const std::lock_guard lock(mutex);
  idle.notify_all();
}

Lane::Lane(std::shared_ptr<ServerCore> core, asio::io_context& loop, std::thread::id thread)
    : core_(std::move(core)),
      loop_(loop),
      thread_(thread),
      sweep_(SweepInterval(core_->options.limits)),
      now_(std::chrono::steady_clock::now()),
      date_(FormatHttpDate(WallSeconds())) {}

bool Lane::Post(std::move_only_function<void()>&& task) {
  const std::lock_guard lock(mutex_);
  if (!open_) return false;
  inbox_.push_back(std::move(task));
  if (inbox_.size() == 1) asio::post(loop_, [self = shared_from_this()] { self->RunInbox(); });
  return true;
}

void Lane::RunInbox() {
  std::vector<std::move_only_function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(inbox_);
  }
  for (auto& task : tasks) task();
}

void Lane::Open() {
  timer_.emplace(loop_);
  Sweep();
}

void Lane::Sweep() {
  now_ = std::chrono::steady_clock::now();
  date_ = FormatHttpDate(WallSeconds());
  for (Connection* connection : connections_) connection->Sweep(now_);
  timer_->expires_after(sweep_);
  timer_->async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = error ? nullptr : weak.lock();
    if (self && self->timer_) self->Sweep();
  });
}

void Lane::Retire() {
  for (Connection* connection : connections_) connection->Retire();
}

void Lane::Close() {
  {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  RunInbox();  // promises such as OnClosed are kept
  timer_.reset();
  for (Connection* connection : connections_) connection->Abort();
}

void Lane::Add(Connection& connection) {
  connections_.push_front(&connection);
  connection.place_ = connections_.begin();
}

void Lane::Remove(Connection& connection) {
  connections_.erase(connection.place_);
}

}  // namespace obolus::net
