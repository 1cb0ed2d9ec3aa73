#include "main/listeners.h"

#include "http/challenge_routes.h"

namespace obolus::main {
namespace {

std::optional<net::ServerTls> ServerTlsOf(const TlsConfig& tls, const http::CallerPolicy* callers) {
  if (tls.mode == TlsMode::kOff) return std::nullopt;
  net::ServerTls server{.certificate_file = tls.certificate,
                        .key_file = tls.key,
                        .client_ca_file = tls.client_ca,
                        .client_certificates = net::ClientCertificates::kNone};
  if (tls.mode == TlsMode::kMutual) {
    const bool either = callers != nullptr && (callers->rule == http::CallerRule::kEither ||
                                               callers->rule == http::CallerRule::kApiKey);
    server.client_certificates =
        either ? net::ClientCertificates::kOptional : net::ClientCertificates::kRequired;
  }
  return server;
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
  options.limits.max_unanswered = static_cast<std::size_t>(door.max_requests);
  options.refuse = [&router = door.router](const net::RequestParser::Refusal& refusal) {
    auto response = http::AnswerRefused(refusal.status, refusal.reason, refusal.path);
    router.Complete(response);
    return response;
  };
  const base::Labels labels = {{"listener", door.name}};
  options.overloaded =
      [requests = metrics.AddCounter("obolus_requests_shed_total",
                                     "Requests answered 503 because as many as "
                                     "may be were being served.",
                                     labels),
       connections = metrics.AddCounter("obolus_connections_refused_total",
                                        "Connections closed because there were as many as may be.",
                                        labels)](net::Overload what) {
        (what == net::Overload::kRequest ? requests : connections).Add();
      };
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
