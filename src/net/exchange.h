// One request that waits for its answer, as those see it who bring the answer to it: the way back
// (answer_sink) and the bounded queue of a stream (response_stream). An HTTP/1.1 connection is one
// after the other; an HTTP/2 stream is one. Both live on their lane's thread, and everybody else
// refers to them weakly.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "net/http_message.h"

namespace obolus::net {

class StreamQueue;

class Exchange {
 public:
  virtual ~Exchange() = default;

  // The lane's thread, as is all that follows. Too late is harmless.
  virtual void Answer(HttpResponse response) = 0;
  // False: too late, the request was answered or its client is gone.
  virtual bool StartStream(std::shared_ptr<StreamQueue> queue, HttpResponse head) = 0;
  virtual void Wake() = 0;   // its queue has something, or has ended
  virtual void Abort() = 0;  // ends it without a further word
};

// What a connection wants to know of the requests that it gave away. Any thread.
struct ExchangeState {
  std::atomic<bool> lost{false};           // nobody is left who could answer: memory ran out
  std::atomic<std::size_t> unanswered{0};  // whose responders wait
};

}  // namespace obolus::net
