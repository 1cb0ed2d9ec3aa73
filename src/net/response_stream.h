// The bounded queue between the application's `ResponseStream` and the exchange that writes it. The
// application writes from any thread; the exchange takes on its own.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "net/exchange.h"
#include "net/http_server.h"

namespace obolus::net {

class Lane;

class StreamQueue {
 public:
  StreamQueue(std::weak_ptr<Exchange> exchange, std::shared_ptr<Lane> lane);

  // Any thread, for the application.
  bool Push(std::string_view chunk);  // false: ended; too much unread ends it
  void End();                         // after what is queued
  void OnGone(std::move_only_function<void()> callback);

  // The lane's thread, for the exchange. Take forgets what the previous Take gave. True: no more
  // will come (`chunk` may still hold the last of it).
  bool Take(std::string& chunk);
  void Gone();  // calls back; again is harmless

 private:
  void Wake();

  const std::weak_ptr<Exchange> exchange_;
  const std::shared_ptr<Lane> lane_;
  std::mutex mutex_;  // for all below
  std::string pending_;
  std::size_t in_flight_ = 0;
  bool ended_ = false;
  bool gone_ = false;
  bool waking_ = false;
  std::move_only_function<void()> callback_;
};

// What the application holds; dropping it closes the stream.
std::shared_ptr<ResponseStream> MakeStreamHandle(std::shared_ptr<StreamQueue> queue);

}  // namespace obolus::net
