#include "main/listeners.h"

#include "http/challenge_routes.h"
#include "main/handshake_watch.h"
#include "main/tls_config.h"

namespace obolus::main {
namespace {

constexpr int kShed = 503;  // counted by itself

std::function<void(net::Overload)> CountersOf(base::Metrics& metrics, const char* name) {
  const base::Labels labels = {{"listener", name}};
  const auto refused = [&](const char* why) {
    return metrics.AddCounter("obolus_connections_refused_total",
                              "Connections closed because there was too much of something: all of "
                              "them, those of an address, handshakes, or work without requests.",
                              {{"listener", name}, {"why", why}});
  };
  return [requests = metrics.AddCounter("obolus_requests_shed_total",
                                        "Requests answered 503 because as many as "
                                        "may be were being served.",
                                        labels),
          all = refused("all"), address = refused("address"), handshakes = refused("handshakes"),
          flood = refused("flood")](net::Overload what) {
    switch (what) {
      case net::Overload::kRequest:
        return requests.Add();
      case net::Overload::kConnection:
        return all.Add();
      case net::Overload::kAddress:
        return address.Add();
      case net::Overload::kHandshake:
        return handshakes.Add();
      case net::Overload::kFlood:
        return flood.Add();
    }
  };
}

}  // namespace

base::Result<std::unique_ptr<net::HttpServer>> Listen(const Door& door, const Config& config,
                                                      base::Metrics& metrics) {
  net::ServerOptions options;
  options.name = door.name;
  options.address = door.listener.address;
  options.port = door.listener.port;
  options.tls = ServerTlsOf(door.listener.tls, door.callers);
  options.limits.max_connections = static_cast<std::size_t>(config.max_connections);
  options.limits.max_handshakes = static_cast<std::size_t>(config.max_handshakes);
  if (&door.listener == &config.shopper) {
    if (options.tls) options.tls->http2 = config.shopper_http2;
    options.limits.max_connections_per_address =
        static_cast<std::size_t>(config.max_connections_per_address);
    options.is_exempt = [proxies = config.trusted_proxies](std::string_view address) {
      return address.starts_with("127.") || address == "::1" || proxies.Contains(address);
    };
  }
  options.limits.max_unanswered = static_cast<std::size_t>(door.max_requests);
  const base::Labels labels = {{"listener", door.name}};
  options.refuse = [&router = door.router,
                    refused = metrics.AddCounter("obolus_requests_refused_total",
                                                 "Requests refused before any route saw them: "
                                                 "malformed, too large or too slow.",
                                                 labels)](const net::Refusal& refusal) {
    if (refusal.status != kShed) refused.Add();
    auto response = http::AnswerRefused(refusal.status, refusal.reason, refusal.path);
    router.Complete(response);
    return response;
  };
  options.overloaded = CountersOf(metrics, door.name);
  if (options.tls) {
    options.handshake_refused =
        [watch = std::make_shared<HandshakeWatch>(door.name, metrics, door.clock, door.audit)](
            const net::HandshakeRefusal& r) { watch->Refused(r); };
  }
  auto server = net::HttpServer::Start(
      door.engine, std::move(options),
      [&router = door.router](net::HttpRequest request, net::Responder responder) {
        router.Dispatch(std::move(request), std::move(responder));
      });
  if (!server) {
    server.error().message =
        std::string("the ") + door.name + " listener: " + server.error().message;
  }
  return server;
}

}  // namespace obolus::main
