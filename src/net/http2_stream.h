// One stream of an HTTP/2 connection: a request as it comes and its answer as it goes, piece by
// piece as the client's windows allow. Belongs to its session, which forgets it when the stream
// closes; responders and response streams refer to it weakly. The lane's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "net/exchange.h"
#include "net/http2_request.h"
#include "net/http_message.h"
#include "net/response_stream.h"

namespace obolus::net {

class Http2Session;

class Http2Stream final : public Exchange, public std::enable_shared_from_this<Http2Stream> {
 public:
  enum class Phase {
    kHead,      // its header comes, perhaps in pieces
    kBody,      // its body comes
    kWaiting,   // for the answer
    kAnswered,  // which goes
  };

  Http2Stream(Http2Session& session, std::int32_t stream, const ServerLimits& limits)
      : request(limits), session_(&session), id(stream) {}
  ~Http2Stream() override { Detach(); }

  void Answer(HttpResponse response) override;
  bool StartStream(std::shared_ptr<StreamQueue> queue, HttpResponse head) override;
  void Wake() override;
  void Abort() override;

  // The stream has closed: nothing that comes later does anything.
  void Detach();
  // The server stops: what has no end of its own ends.
  void Retire();

  // Up to `space.size()` bytes of the answer's body. `end`: no more will come; 0 without it:
  // nothing is there now, and Wake tells.
  std::size_t TakeBody(std::span<char> space, bool& end);
  bool HasBody() const { return queue_ != nullptr || !body_.empty(); }

  Http2Request request;
  Phase phase = Phase::kHead;
  bool request_ended = false;  // the client's half is closed
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

 private:
  Http2Session* session_;

 public:
  const std::int32_t id;

 private:
  void Take();  // the next of the queue

  std::string body_;
  std::size_t sent_ = 0;  // of body_
  std::shared_ptr<StreamQueue> queue_;
  bool last_ = true;  // nothing comes after body_
};

}  // namespace obolus::net
