#include "storage/postgres_link.h"

#include <algorithm>
#include <thread>

#include "base/log.h"

namespace obolus::storage {
namespace {

constexpr base::Millis kFirstPause{20};
constexpr base::Millis kLongestPause{500};

}  // namespace

base::Result<PostgresConnection*> PostgresLink::Get(Deadline deadline) {
  if (connection_ && connection_->fault() != PostgresFault::kLost) return connection_.get();
  if (connection_) {
    base::Log(base::LogLevel::kWarn, "store_connection_lost",
              {{base::Field::kErrorText, connection_->failure().message}});
    connection_.reset();
  }
  const auto now = [] { return std::chrono::steady_clock::now(); };
  const bool found_since = found_->load() > last_try_;
  if (away_ && !found_since && now() - last_try_ < kLongestPause) {
    return std::unexpected(last_error_);
  }
  base::Millis pause = kFirstPause;
  while (true) {
    auto opened = PostgresConnection::Open(target_);
    last_try_ = now();
    if (opened) {
      away_ = false;
      found_->store(last_try_);
      connection_ = std::move(*opened);
      return connection_.get();
    }
    last_error_ = opened.error();
    if (away_ || last_try_ + pause >= deadline) break;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
  away_ = true;
  return std::unexpected(last_error_);
}

}  // namespace obolus::storage
