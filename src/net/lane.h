// One engine thread's share of a server: its connections, their deadlines, its date and its inbox.
// Everything but Post, OnThread and the shared counters is touched by that thread alone. What all
// lanes of a server share stands in `ServerCore`. Used by http_server and http_connection.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "net/asio_types.h"
#include "net/http_server.h"
#include "net/inbox.h"
#include "net/tls_context.h"

namespace obolus::net {

class Connection;

struct ServerCore {
  ServerOptions options;
  Handler handler;
  TlsSlot tls;
  std::atomic<bool> stopping{false};
  std::atomic<bool> leaving{false};  // each answer closes its connection
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> handshakes{0};
  std::atomic<std::size_t> running{0};     // requests between handler and last byte
  std::atomic<std::size_t> unanswered{0};  // of them, those whose responder waits
  HttpResponse overload_answer;            // made once: many get it when there is no time
  std::mutex mutex;
  std::condition_variable idle;  // `running` fell to 0

  void RequestBegins() { running.fetch_add(1, std::memory_order_relaxed); }
  void RequestEnds();
};

class Lane : public std::enable_shared_from_this<Lane> {
 public:
  Lane(std::shared_ptr<ServerCore> core, asio::io_context& loop, std::thread::id thread);

  // Runs `task` on the lane's thread, soon, never inside this call. Many tasks posted in a row wake
  // the thread once. False, with the task left alone: the server has gone. Any thread.
  bool Post(base::Loop::Task&& task) { return inbox_->Post(std::move(task)); }
  bool OnThread() const { return std::this_thread::get_id() == thread_; }

  // The rest: the lane's thread, or any one thread once the engine has stopped.
  void Open();    // the sweep begins
  void Retire();  // idle connections and streams end, the others with their response
  void Close();   // all connections end at once; nothing is posted after this
  void Add(Connection& connection);
  void Remove(Connection& connection);

  ServerCore& core() { return *core_; }
  asio::io_context& loop() { return loop_; }
  // When `limit` from now is over; late by up to two sweeps, never early.
  std::chrono::steady_clock::time_point Deadline(base::Millis limit) const {
    return now_ + limit + sweep_;
  }
  std::string_view date() const { return date_; }

 private:
  void Sweep() noexcept;  // ends the process when it could not come again

  const std::shared_ptr<ServerCore> core_;
  asio::io_context& loop_;
  const std::thread::id thread_;
  base::Millis sweep_;
  std::chrono::steady_clock::time_point now_;
  std::string date_;
  std::optional<Timer> timer_;
  std::list<Connection*> connections_;
  const std::shared_ptr<Inbox> inbox_;
};

}  // namespace obolus::net
