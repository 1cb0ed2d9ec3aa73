// One client's connection: a coroutine that reads a request, lets the handler answer and writes the
// response, until either side has enough. Lives on one lane's thread; the coroutine's frame owns
// it, and everything else (responders, streams) refers to it weakly. Where the client chose HTTP/2
// it hands the bytes over to an http2_connection between its handshake and its end.
#pragma once

#include <atomic>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "net/address_limit.h"
#include "net/asio_types.h"
#include "net/exchange.h"
#include "net/http2_connection.h"
#include "net/http_message.h"
#include "net/lane.h"
#include "net/request_parser.h"
#include "net/response_head.h"
#include "net/response_stream.h"

namespace obolus::net {

class Connection final : public Exchange, public std::enable_shared_from_this<Connection> {
 public:
  // `ticket`: its place among those of its address; may be null.
  Connection(std::shared_ptr<Lane> lane, Socket socket,
             std::unique_ptr<AddressLimit::Ticket> ticket);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Begin();  // on the lane's thread, as is all that follows

  void Answer(HttpResponse response) override;
  bool StartStream(std::shared_ptr<StreamQueue> queue, HttpResponse head) override;
  void Wake() override;  // lets the coroutine look at what has changed
  void Abort() override;

  void Sweep(std::chrono::steady_clock::time_point now);
  void Retire();

 private:
  friend class Lane;

  enum class Phase {
    kHandshake,
    kIdle,
    kReading,
    kHandling,
    kWriting,
    kStreaming,
    kClosing,
    kHttp2,  // all of it is http2_'s
  };
  enum class Input { kRequest, kRefused, kGone };

  static Task<void> Run(std::shared_ptr<Connection> self);
  static Task<void> WatchPeer(std::shared_ptr<Connection> self);

  Task<bool> Handshake();
  Task<void> ServeHttp2();
  void HandshakeFailed(const boost::system::error_code& error);
  void CheckPeerAgain();
  void BeServed();
  Task<bool> ServeOne();  // false: the connection is to end
  Task<Input> ReadRequest();
  Task<void> Handle();
  Task<void> Respond(const HttpResponse& response, Framing framing);
  Task<void> Shed();
  Task<void> Refuse();
  Task<void> RunStream();
  Task<void> Linger();
  Task<void> Shutdown();
  Task<void> WriteRest(std::size_t written);
  Task<void> WaitForWake();

  // All of out_; true when it was done without waiting, else the count stands in `written`.
  bool WriteNow(std::size_t& written);
  void Enter(Phase phase, base::Millis limit);
  void EnterUnlimited(Phase phase);
  Peer ReadPeer() const;

  const std::shared_ptr<Lane> lane_;
  ServerCore& core_;
  const std::unique_ptr<AddressLimit::Ticket> ticket_;
  Socket socket_;
  std::optional<asio::ssl::stream<Socket&>> tls_;
  TlsSlot::Context trusted_by_;  // what the peer's certificate was last checked against
  std::chrono::steady_clock::time_point trusted_at_;
  RequestParser parser_;
  std::list<Connection*>::iterator place_;

  Phase phase_ = Phase::kHandshake;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  const std::shared_ptr<ExchangeState> state_ = std::make_shared<ExchangeState>();
  bool timed_out_ = false;
  bool gone_ = false;      // closed from our side or theirs: end, write nothing
  bool served_ = false;    // the first request, which the server waits for when it stops
  bool close_ = false;     // end after the response
  bool watching_ = false;  // WatchPeer runs
  std::size_t requests_ = 0;
  Peer peer_;
  Refusal refusal_;
  std::optional<HttpResponse> answer_;
  std::shared_ptr<StreamQueue> stream_;
  std::optional<Http2Connection> http2_;
  std::string out_;
  std::move_only_function<void()> waiter_;
};

}  // namespace obolus::net
