#include "net/lane.h"

#include <algorithm>
#include <new>

#include "base/log.h"
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
      date_(FormatHttpDate(WallSeconds())),
      inbox_(std::make_shared<Inbox>(loop)) {}

void Lane::Open() {
  timer_.emplace(loop_);
  Sweep();
}

void Lane::Sweep() noexcept {
  now_ = std::chrono::steady_clock::now();
  try {
    date_ = FormatHttpDate(WallSeconds());
    for (Connection* connection : connections_) connection->Sweep(now_);
  } catch (const std::bad_alloc&) {
    base::Log(base::LogLevel::kError, "out_of_memory");  // the rest has its turn with the next one
  }
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
  inbox_->Close();  // promises such as OnClosed are kept
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
