#include "sandbox/server.h"

#include <atomic>
#include <set>
#include <string_view>
#include <utility>

#include "base/url.h"
#include "net/engine.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "sandbox/acs.h"
#include "sandbox/bridge.h"
#include "sandbox/charges.h"
#include "sandbox/control.h"
#include "sandbox/guardian.h"
#include "sandbox/kit_routes.h"
#include "sandbox/obolus_timeline.h"
#include "sandbox/payments_api.h"
#include "sandbox/problem.h"
#include "sandbox/shop.h"

namespace obolus::sandbox {
namespace {

constexpr std::size_t kThreads = 2;
constexpr base::Millis kPingEvery{15'000};
constexpr base::Millis kDrainFor{2'000};
constexpr std::string_view kEventSource = "urn:obolus-sandbox:commerce";
constexpr std::string_view kObolusName = "obolus";  // CN of its client certificate

base::Result<std::string> OriginOf(std::string_view what, const std::string& text) {
  auto url = base::ParseUrl(text, base::HttpPolicy::kHttpOnLoopback);
  if (!url) return base::Invalid(std::string(what), std::string(what) + ": " + url.error().message);
  return url->Origin();
}

net::ServerTls TlsOf(const std::filesystem::path& folder, const std::string& name) {
  return {(folder / (name + ".pem")).string(), (folder / (name + ".key")).string(), "",
          net::ClientCertificates::kNone};
}

base::Result<std::unique_ptr<net::HttpClient>> MakeClient(const ServerOptions& options,
                                                          bool with_certificate) {
  net::ClientOptions client;
  client.max_response_bytes = 1024 * 1024;  // a long timeline
  if (!options.certificates.empty()) {
    client.tls.ca_file = (options.certificates / "ca.pem").string();
    if (with_certificate) {
      client.tls.certificate_file = (options.certificates / "commerce-client.pem").string();
      client.tls.key_file = (options.certificates / "commerce-client.key").string();
    }
  }
  return net::HttpClient::Make(std::move(client));
}

net::HttpResponse Refuse(const net::Refusal& refusal) {
  return Problem(refusal.status, "REFUSED", refusal.reason);
}

}  // namespace

// Order matters: what is used stands before its users.
struct Server::Impl {
  explicit Impl(const ServerOptions& given) : options(given) {}

  base::Status Listen();
  base::Status ListenAsGuardian();
  base::Status Connect();
  void Build(FlowBook flows);
  void PingLater();

  ServerOptions options;
  base::SystemClock clock;
  base::RandomIdSource ids;
  std::unique_ptr<net::Engine> engine = std::make_unique<net::Engine>(kThreads);
  std::unique_ptr<net::HttpServer> web;
  std::unique_ptr<net::HttpServer> bridge_listener;
  std::unique_ptr<net::HttpServer> guardian_listener;
  std::unique_ptr<net::HttpClient> commerce_client;
  std::unique_ptr<net::HttpClient> browser_client;
  Routes routes;
  Journal journal{clock};
  EventRegister events;
  std::unique_ptr<ObolusLink> link;
  std::unique_ptr<OutboundEvents> outbound;
  std::unique_ptr<Processor> processor;
  std::unique_ptr<Charges> charges;
  std::unique_ptr<Commerce> commerce;
  std::unique_ptr<PaymentsApi> payments;
  std::unique_ptr<Bridge> bridge;
  std::unique_ptr<Guardian> guardian;
  std::unique_ptr<Acs> acs;
  std::unique_ptr<Shop> shop;
  std::unique_ptr<Control> control;
  std::unique_ptr<ObolusTimeline> timeline;
  std::unique_ptr<KitRoutes> kit;
  std::atomic<bool> ready =
      false;  // requests before that get 503: a port is known only when it listens
  bool stopped = false;

  std::string Scheme() const { return options.tls ? "https" : "http"; }
  std::string ShopUrl() const { return Scheme() + "://127.0.0.1:" + std::to_string(web->port()); }
  std::string AcsUrl() const {
    return Scheme() + "://" + options.acs_host + ":" + std::to_string(web->port()) +
           "/acs/challenge";
  }
};

base::Status Server::Impl::Listen() {
  net::ServerOptions web_options;
  web_options.name = "sandbox";
  web_options.port = options.port;
  web_options.refuse = Refuse;
  if (options.tls) web_options.tls = TlsOf(options.certificates, "shop-server");
  auto started = net::HttpServer::Start(
      *engine, std::move(web_options), [this](net::HttpRequest request, net::Responder responder) {
        if (!ready) {
          responder.Send(Problem(503, "UNAVAILABLE", "The sandbox is starting."));
          return;
        }
        routes.Dispatch(std::move(request), std::move(responder));
      });
  if (!started) return std::unexpected(started.error());
  web = std::move(*started);

  net::ServerOptions bridge_options;
  bridge_options.name = "bridge";
  bridge_options.port = options.bridge_port;
  bridge_options.refuse = Refuse;
  bridge_options.tls = TlsOf(options.certificates, "bridge-server");
  bridge_options.tls->client_ca_file = (options.certificates / "ca.pem").string();
  bridge_options.tls->client_certificates = net::ClientCertificates::kRequired;
  started = net::HttpServer::Start(
      *engine, std::move(bridge_options),
      [this](const net::HttpRequest& request, net::Responder responder) {
        if (!ready) {
          responder.Send(Problem(503, "UNAVAILABLE", "The sandbox is starting."));
          return;
        }
        if (charges && request.path == Charges::kPath) {
          return charges->Handle(request, std::move(responder));
        }
        bridge->Handle(request, std::move(responder));
      });
  if (!started) return std::unexpected(started.error());
  bridge_listener = std::move(*started);
  return options.guardian_port ? ListenAsGuardian() : base::Status();
}

base::Status Server::Impl::ListenAsGuardian() {
  net::ServerOptions guardian_options;
  guardian_options.name = "guardian";
  guardian_options.port = *options.guardian_port;
  guardian_options.refuse = Refuse;
  guardian_options.tls = TlsOf(options.certificates, "bridge-server");
  guardian_options.tls->client_ca_file = (options.certificates / "ca.pem").string();
  guardian_options.tls->client_certificates = net::ClientCertificates::kOptional;
  auto started = net::HttpServer::Start(
      *engine, std::move(guardian_options),
      [this](net::HttpRequest request, net::Responder responder) {
        if (!ready) {
          responder.Send(Problem(503, "UNAVAILABLE", "The sandbox is starting."));
          return;
        }
        guardian->Handle(std::move(request), std::move(responder));
      });
  if (!started) return std::unexpected(started.error());
  guardian_listener = std::move(*started);
  return {};
}

base::Status Server::Impl::Connect() {
  auto commerce_side = MakeClient(options, true);
  if (!commerce_side) return std::unexpected(commerce_side.error());
  commerce_client = std::move(*commerce_side);
  auto browser_side = MakeClient(options, false);
  if (!browser_side) return std::unexpected(browser_side.error());
  browser_client = std::move(*browser_side);
  return {};
}

void Server::Impl::Build(FlowBook flows) {
  const std::string source(kEventSource);
  const std::string payments_key =
      options.payments_key.empty() ? options.api_key : options.payments_key;
  link = std::make_unique<ObolusLink>(
      ObolusLinkOptions{options.commerce_url, options.api_key, base::Millis(60'000)},
      *commerce_client, *engine, clock, journal);
  outbound = std::make_unique<OutboundEvents>(*link, ids, clock, source);
  processor = std::make_unique<Processor>(ids, AcsUrl());
  CommerceParts commerce_parts{ids,    clock,      *engine,          journal, *link,    *outbound,
                               events, *processor, std::move(flows), "Agora", ShopUrl()};
  if (options.charge) {
    charges = std::make_unique<Charges>(
        "https://localhost:" + std::to_string(bridge_listener->port()) + Charges::kPath, *link,
        journal, [this](const std::string& terminal) { return commerce->PaymentOf(terminal); });
    commerce_parts.charge = [this](const IncomingEvent& event, auto& go_on) {
      return charges->Begin(event, go_on);
    };
  }
  commerce = std::make_unique<Commerce>(std::move(commerce_parts));
  payments = std::make_unique<PaymentsApi>(*commerce, journal, clock, payments_key);
  bridge = std::make_unique<Bridge>(*commerce, events, journal, *engine,
                                    std::set<std::string>{std::string(kObolusName)});
  CommerceSide side{[this](const std::string& id) { (void)commerce->Void(id); },
                    [this](const std::string& id) { return commerce->IsVoidAcknowledged(id); }};
  guardian = std::make_unique<Guardian>(
      GuardianParts{journal, ids, clock, *engine,
                    options.guardian_key.empty() ? options.api_key : options.guardian_key});
  acs = std::make_unique<Acs>(
      AcsParts{*processor, journal, *engine, clock, *browser_client, std::move(side)});
  shop = std::make_unique<Shop>(*commerce, *payments, ids,
                                ShopOptions{ShopUrl(), options.shopper_url, payments_key});
  control = std::make_unique<Control>(ControlParts{*commerce, *payments, *bridge, *guardian, *acs,
                                                   *processor, events, *outbound, journal, *link,
                                                   ids, clock, source});
  kit =
      std::make_unique<KitRoutes>(*commerce, *payments, journal, *link, payments_key,
                                  Whereabouts{ShopUrl(), options.shopper_url, options.operator_url,
                                              std::filesystem::absolute(options.certificates)});
  timeline = std::make_unique<ObolusTimeline>(*commerce, *browser_client, options.operator_url);
  outbound->OnDelivered([this](const std::string& payment_id, const std::string& type) {
    if (type == "SessionVoided") commerce->VoidAcknowledged(payment_id);
  });
  commerce->OnChallengeOpened([this](const AcsRecord& record, const std::string& redirect_url) {
    acs->ChallengeOpened(record, redirect_url);
  });
  payments->AddRoutes(routes);
  acs->AddRoutes(routes);
  shop->AddRoutes(routes);
  control->AddRoutes(routes);
  timeline->AddRoutes(routes);
  kit->AddRoutes(routes);
}

void Server::Impl::PingLater() {
  engine->After(kPingEvery, [this] {
    if (!ready) return;
    journal.Ping();
    PingLater();
  });
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() {
  Stop();
}

base::Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& given) {
  ServerOptions options = given;
  auto commerce_origin = OriginOf("--commerce-url", options.commerce_url);
  if (!commerce_origin) return std::unexpected(commerce_origin.error());
  auto shopper_origin = OriginOf("--shopper-url", options.shopper_url);
  if (!shopper_origin) return std::unexpected(shopper_origin.error());
  options.commerce_url = *commerce_origin;
  options.shopper_url = *shopper_origin;
  auto operator_origin = OriginOf("--operator-url", options.operator_url);
  if (!operator_origin) return std::unexpected(operator_origin.error());
  options.operator_url = *operator_origin;
  auto flows = ReadFlows(options.flows);
  if (!flows) return std::unexpected(flows.error());
  std::unique_ptr<Server> server(new Server(std::make_unique<Impl>(options)));
  auto& impl = *server->impl_;
  if (auto connected = impl.Connect(); !connected) return std::unexpected(connected.error());
  if (auto listens = impl.Listen(); !listens) return std::unexpected(listens.error());
  impl.Build(std::move(*flows));
  impl.ready = true;
  impl.PingLater();
  return server;
}

std::string Server::url() const {
  return impl_->ShopUrl() + "/";
}

std::string Server::bridge_url() const {
  return "https://localhost:" + std::to_string(impl_->bridge_listener->port()) + "/events";
}

std::string Server::guardian_url() const {
  if (!impl_->guardian_listener) return "";
  return "https://localhost:" + std::to_string(impl_->guardian_listener->port());
}

// First nothing new begins, then the listeners and clients end while all parts are still there,
// then the threads.
void Server::Stop() {
  auto& impl = *impl_;
  if (std::exchange(impl.stopped, true)) return;
  if (impl.acs) impl.acs->Stop();
  if (impl.link) impl.link->Stop();
  if (impl.guardian) impl.guardian->DropUnanswered();
  for (auto* listener :
       {impl.web.get(), impl.bridge_listener.get(), impl.guardian_listener.get()}) {
    if (listener) listener->StopListening();
  }
  impl.journal.CloseFollowers();
  for (auto* listener :
       {impl.web.get(), impl.bridge_listener.get(), impl.guardian_listener.get()}) {
    if (listener) listener->Drain(kDrainFor);
  }
  impl.ready = false;
  impl.commerce_client.reset();
  impl.browser_client.reset();
  impl.web.reset();
  impl.bridge_listener.reset();
  impl.guardian_listener.reset();
  impl.engine.reset();
}

}  // namespace obolus::sandbox
