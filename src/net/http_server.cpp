#include "net/http_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <new>
#include <vector>

#include "base/log.h"
#include "net/engine_impl.h"
#include "net/http_connection.h"
#include "net/lane.h"

namespace obolus::net {
namespace {

using boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptPause{50};  // out of descriptors, most likely

// A connection that counts against the limit, and as one whose first request runs, until its own
// object does.
class Place {
 public:
  explicit Place(std::shared_ptr<ServerCore> core) : core_(std::move(core)) {
    core_->RequestBegins();
  }
  Place(Place&&) noexcept = default;
  ~Place() {
    if (!core_) return;
    core_->connections.fetch_sub(1, std::memory_order_relaxed);
    core_->RequestEnds();
  }
  void HandOver() { core_.reset(); }

 private:
  std::shared_ptr<ServerCore> core_;
};

}  // namespace

Responder::~Responder() {
  if (!sink_) return;
  try {
    sink_->Send(HttpResponse{.status = 500, .headers = {}, .body = {}});
  } catch (const std::bad_alloc&) {
    base::Log(base::LogLevel::kError, "out_of_memory");
  }
}

struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
  Impl(Engine::Impl& the_engine, ServerOptions options, Handler handler)
      : engine(the_engine),
        core(std::make_shared<ServerCore>()),
        acceptor(engine.loops[0]->context),
        pause(engine.loops[0]->context) {
    core->options = std::move(options);
    core->handler = std::move(handler);
    addresses.emplace(core->options.limits.max_connections_per_address);
    if (core->options.refuse) {
      core->overload_answer =
          core->options.refuse({503, "more requests at once than can be served", {}});
    }
    core->overload_answer.status = 503;
  }

  base::Status Listen();
  void Open();
  void StopListening();
  void Close();
  void Admit(Socket socket, const std::shared_ptr<Lane>& lane);
  std::optional<std::unique_ptr<AddressLimit::Ticket>> TicketFor(const Socket& socket);
  void AdmitWaiting();
  static Task<void> Accept(std::shared_ptr<Impl> self);

  Engine::Impl& engine;
  const std::shared_ptr<ServerCore> core;
  Acceptor
      acceptor;  // on loop 0, which hands connections round: listeners per thread balance worse
  Timer pause;
  std::vector<std::shared_ptr<Lane>> lanes;  // one a loop
  std::optional<AddressLimit> addresses;
  std::uint16_t port = 0;
};

base::Status HttpServer::Impl::Listen() {
  const ServerOptions& options = core->options;
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return base::Fail(base::ErrorCode::kInvalid, "not an address: " + options.address);
  const asio::ip::tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) port = acceptor.local_endpoint(error).port();
  if (!error) return {};
  return base::Fail(base::ErrorCode::kUnavailable, "cannot listen on " + options.address +
                                                       " port " + std::to_string(options.port) +
                                                       ": " + error.message());
}

void HttpServer::Impl::Open() {
  for (auto& loop : engine.loops) {
    lanes.push_back(std::make_shared<Lane>(core, loop->context, loop->thread.get_id()));
  }
  engine.RunOnAll([this](std::size_t i) {
    lanes[i]->Open();
    if (i != 0) return;
    asio::co_spawn(acceptor.get_executor(), Accept(shared_from_this()), asio::detached);
  });
}

Task<void> HttpServer::Impl::Accept(std::shared_ptr<Impl> self) {
  std::size_t next = 0;
  while (self->acceptor.is_open()) {
    const std::shared_ptr<Lane>& lane = self->lanes[next++ % self->lanes.size()];
    error_code error;
    Socket socket =
        co_await self->acceptor.async_accept(lane->loop(), asio::redirect_error(kUseTask, error));
    if (!error) {
      self->Admit(std::move(socket), lane);
      continue;
    }
    if (error == asio::error::operation_aborted || !self->acceptor.is_open()) co_return;
    base::Log(base::LogLevel::kWarn, "accept_failed",
              {{base::Field::kListener, self->core->options.name},
               {base::Field::kErrorText, error.message()}});
    self->pause.expires_after(kAcceptPause);
    co_await self->pause.async_wait(asio::redirect_error(kUseTask, error));
  }
}

void HttpServer::Impl::Admit(Socket socket, const std::shared_ptr<Lane>& lane) {
  const bool is_full = core->connections.fetch_add(1) >= core->options.limits.max_connections;
  Place place(core);
  if (is_full) {
    if (core->options.overloaded) core->options.overloaded(Overload::kConnection);
    return;  // closes it
  }
  try {
    auto ticket = TicketFor(socket);
    if (!ticket) return;
    lane->Post([lane, socket = std::move(socket), place = std::move(place),
                ticket = std::move(*ticket)]() mutable {
      const auto connection =
          std::make_shared<Connection>(lane, std::move(socket), std::move(ticket));
      place.HandOver();
      connection->Begin();
    });
  } catch (const std::bad_alloc&) {
    base::Log(base::LogLevel::kError, "out_of_memory");  // and closes it
  }
}

// None: that address has as many connections as one may. Null: it is not counted.
std::optional<std::unique_ptr<AddressLimit::Ticket>> HttpServer::Impl::TicketFor(
    const Socket& socket) {
  const ServerOptions& options = core->options;
  error_code error;
  const auto address = socket.remote_endpoint(error).address();
  const bool counts = options.limits.max_connections_per_address > 0 && !error &&
                      !(options.is_exempt && options.is_exempt(AddressText(address)));
  if (!counts) return nullptr;
  auto ticket = addresses->Enter(address);
  if (ticket) return ticket;
  if (options.overloaded) options.overloaded(Overload::kAddress);
  return std::nullopt;
}

// Closing a listener resets those who have connected and were not accepted yet, and they cannot
// know that their request was not read.
void HttpServer::Impl::AdmitWaiting() {
  error_code error;
  acceptor.non_blocking(true, error);
  for (std::size_t i = 0; !error && i < core->options.limits.max_connections; ++i) {
    const std::shared_ptr<Lane>& lane = lanes[i % lanes.size()];
    Socket socket(lane->loop());
    acceptor.accept(socket, error);
    if (!error) Admit(std::move(socket), lane);
  }
}

void HttpServer::Impl::StopListening() {
  if (core->stopping.exchange(true)) return;
  engine.RunOnAll([this](std::size_t i) {
    if (i == 0) {
      error_code error;
      AdmitWaiting();
      acceptor.close(error);
      pause.cancel();
    }
    lanes[i]->Retire();
  });
}

void HttpServer::Impl::Close() {
  StopListening();
  engine.RunOnAll([this](std::size_t i) { lanes[i]->Close(); });
  // No lane calls it any more, and what it holds must not outlive the server.
  core->handler = nullptr;
  core->options.refuse = nullptr;
  core->options.overloaded = nullptr;
  core->options.is_exempt = nullptr;
  core->options.handshake_refused = nullptr;
}

base::Result<std::unique_ptr<HttpServer>> HttpServer::Start(Engine& engine, ServerOptions options,
                                                            Handler handler) {
  auto impl = std::make_shared<Impl>(engine.impl(), std::move(options), std::move(handler));
  if (const auto& tls = impl->core->options.tls) {
    auto context = MakeServerContext(*tls);
    if (!context) return std::unexpected(std::move(context).error());
    impl->core->tls.Set(std::make_shared<asio::ssl::context>(std::move(*context)));
  }
  if (auto listening = impl->Listen(); !listening) {
    return std::unexpected(std::move(listening).error());
  }
  impl->Open();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  impl_->Close();
}

std::uint16_t HttpServer::port() const {
  return impl_->port;
}

base::Status HttpServer::RenewTls(const ServerTls& tls) {
  if (!impl_->core->options.tls) {
    return base::Fail(base::ErrorCode::kInvalid, "this listener speaks no TLS");
  }
  ServerTls wanted = tls;
  wanted.http2 = impl_->core->options.tls->http2;
  auto context = MakeServerContext(wanted);
  if (!context) return std::unexpected(std::move(context).error());
  impl_->core->tls.Set(std::make_shared<asio::ssl::context>(std::move(*context)));
  return {};
}

void HttpServer::Leave() {
  impl_->core->leaving = true;
}

void HttpServer::StopListening() {
  impl_->StopListening();
}

bool HttpServer::Drain(base::Millis limit) {
  impl_->StopListening();
  ServerCore& core = *impl_->core;
  std::unique_lock lock(core.mutex);
  return core.idle.wait_for(lock, limit, [&] { return core.running == 0; });
}

}  // namespace obolus::net
