// HTTP/2 without its socket (RFC 9113): bytes in, requests and bytes out. The framing, HPACK and
// flow control are nghttp2's, which does not show here; what a client may do, how long it may take
// and how a connection ends are ours. Owned by http2_connection, on its lane's thread. No server
// push, no upgrade from HTTP/1.1, and priorities (RFC 7540 §5.3) are read and forgotten.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/exchange.h"
#include "net/http2_budget.h"
#include "net/http2_meter.h"
#include "net/http2_stream.h"
#include "net/lane.h"

namespace obolus::net {

class Http2Session {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using Streams = std::vector<std::shared_ptr<Http2Stream>>;

  // `wake` is called whenever there may be something new to write; never from Produce.
  Http2Session(Lane& lane, std::function<void()> wake);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  // What the client sent. Faults become GOAWAY or RST_STREAM among the bytes to write.
  void Receive(std::string_view bytes);
  // The requests that have become complete, or refused, since the last call; in order.
  Streams TakeRequests();
  // Replaces `out` by what is to be written now; empty: nothing.
  void Produce(std::string& out);
  // Nothing more is read or written: the connection may close.
  bool Finished() const;

  // Tells the client to go elsewhere and, when it has surely heard, ends with the last stream. No
  // request is lost on the way: what comes meanwhile is served. Again is harmless.
  void Drain();
  void Retire();  // Drain, and response streams end
  void Sweep(SteadyTime now);
  // When nothing has come of the connection by now, it is closed at once.
  bool Hopeless(SteadyTime now) const { return !greeted_ && now >= idle_deadline_; }

  // For its streams.
  void SendHead(Http2Stream& stream, const HttpResponse& response,
                std::optional<std::size_t> length);
  void Resume(Http2Stream& stream);
  void Cancel(Http2Stream& stream);
  bool stopping() const { return lane_.core().stopping; }
  SteadyTime WriteDeadline() const;

  const std::shared_ptr<ExchangeState>& state() const { return state_; }

  static constexpr std::uint32_t kMostStreams = 100;  // at once

 private:
  struct Library;  // nghttp2
  struct Callbacks;

  Http2Stream* Find(std::int32_t id);
  void Charge(int points);
  void PartEnded(Http2Stream& stream, bool last);
  void BodyCame(Http2Stream& stream, std::string_view piece);
  void Ready(Http2Stream& stream);
  void SendContinue(std::int32_t id);
  void Closed(std::int32_t id);
  void TellClosed();
  void FinishDrain();
  void Terminate(std::uint32_t code);
  void Die(int error);

  Lane& lane_;
  const ServerLimits& limits_;
  const std::function<void()> wake_;
  const std::unique_ptr<Library> library_;
  const std::shared_ptr<ExchangeState> state_ = std::make_shared<ExchangeState>();
  std::map<std::int32_t, std::shared_ptr<Http2Stream>> streams_;
  Streams ready_;
  Streams closed_;  // to be told when nghttp2 is not in the middle of something
  Http2Budget budget_;
  Http2Meter meter_;
  std::string last_word_;     // a GOAWAY of our own making, when nghttp2 makes none any more
  std::size_t opened_ = 0;    // streams, ever
  SteadyTime idle_deadline_;  // while there is no stream
  SteadyTime drain_deadline_ = SteadyTime::max();
  bool greeted_ = false;     // the client's first SETTINGS have come
  bool draining_ = false;    // the client was told
  bool ended_ = false;       // and opens no streams any more
  bool terminated_ = false;  // it ends with what is written
  bool dead_ = false;        // nghttp2 cannot go on
};

}  // namespace obolus::net
