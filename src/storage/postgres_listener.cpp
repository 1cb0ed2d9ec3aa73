#include "storage/postgres_listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "storage/notice_text.h"

namespace obolus::storage {
namespace {

constexpr base::Millis kPause{1'000};      // before it connects again
constexpr base::Millis kLongWait{60'000};  // keepalives find a dead connection sooner

}  // namespace

PostgresListener::PostgresListener(std::unique_ptr<PostgresLink> link, const base::Uuid& store,
                                   const app::Store::Listener* listener)
    : link_(std::move(link)), store_(store), listener_(*listener), wake_(eventfd(0, EFD_CLOEXEC)) {
  CHECK(wake_ >= 0);
  thread_ = std::thread([this] { Run(); });
}

PostgresListener::~PostgresListener() {
  Stop();
  ::close(wake_);
}

void PostgresListener::Stop() {
  if (stopping_.exchange(true)) return;
  const std::uint64_t one = 1;
  CHECK(::write(wake_, &one, sizeof one) == sizeof one);
  thread_.join();
}

void PostgresListener::Run() {
  while (!stopping_) {
    if (!Listen()) Pause(kPause);
  }
}

// False: the connection is lost, or there was none.
bool PostgresListener::Listen() {
  const auto opened = link_->Get(std::chrono::steady_clock::now());
  if (!opened) return false;
  PostgresConnection& connection = **opened;
  connection.Restart();
  connection.QueueText("LISTEN obolus");
  if (!connection.Sync()) return false;
  // What was told before is not heard.
  if (listener_) listener_({.sessions = {}, .events = true, .elsewhere = true});
  while (!stopping_) {
    const auto texts = connection.Await(kLongWait, wake_);
    if (!texts) return false;
    for (const std::string& text : *texts) Hear(text);
  }
  return true;
}

void PostgresListener::Pause(base::Millis limit) const {
  pollfd file{wake_, POLLIN, 0};
  static_cast<void>(::poll(&file, 1, static_cast<int>(limit.count())));
}

void PostgresListener::Hear(const std::string& text) const {
  const auto told = ParseNoticeText(text);
  if (!told || told->store == store_ || !listener_) return;
  app::CommitNotice notice{.sessions = {}, .events = told->events, .elsewhere = true};
  for (const base::Uuid& id : told->sessions) notice.sessions.push_back({.id = id});
  listener_(notice);
}

}  // namespace obolus::storage
