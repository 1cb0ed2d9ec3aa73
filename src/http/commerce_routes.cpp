#include "http/commerce_routes.h"

#include "app/provide_challenge.h"
#include "base/json_writer.h"
#include "http/middleware.h"

namespace obolus::http {
namespace {

using domain::SessionKind;

enum class Variant { kSessions, kPublished };

constexpr std::size_t kUsualBodyBytes = 256;

std::string RedirectUrl(const app::Services& services, const std::string& key) {
  return services.settings.public_url + "/3ds/" + key;
}

// Only from what never changes, so that a replay answers the same bytes.
net::HttpResponse Render(const app::Services& services, const app::OpenedSession& opened,
                         Variant variant) {
  const domain::Session& session = opened.session;
  const bool payment = session.kind == SessionKind::kPayment;
  const std::string terminal_id = base::ToString(session.terminal_id);
  if (variant == Variant::kPublished) {
    const std::string url = payment ? services.settings.public_url + "/checkout/" + opened.key
                                    : RedirectUrl(services, opened.key);
    return JsonResponse(200, base::ToText({{"forwarding_url", url}, {"terminal_id", terminal_id}}));
  }
  const auto lifetime =
      std::chrono::duration_cast<std::chrono::seconds>(session.expires_at - session.created_at);
  std::string body;
  body.reserve(kUsualBodyBytes);
  {
    base::JsonObject object(&body);
    if (payment) {
      object.Add("session_key", opened.key);
      object.Add("terminal_id", terminal_id);
    } else {
      object.Add("redirect_url", RedirectUrl(services, opened.key));
      object.Add("tds_terminal_id", terminal_id);
    }
    object.Add("expires_at", base::FormatTime(session.expires_at));
    object.Add("expires_in", lifetime.count());
  }
  return JsonResponse(201, std::move(body));
}

// Idempotency-Key or X-Idempotency-Key, quoted (a Structured Fields string) or bare.
base::Result<std::optional<app::IdempotencyClaim>> ReadClaim(const Exchange& exchange) {
  const std::string* header = exchange.request.headers.Find("Idempotency-Key");
  if (header == nullptr) header = exchange.request.headers.Find("X-Idempotency-Key");
  if (header == nullptr) return std::nullopt;
  std::string_view key = *header;
  if (key.size() >= 2 && key.front() == '"' && key.back() == '"') {
    key = key.substr(1, key.size() - 2);
  }
  if (key.empty() || key.size() > 255) {
    return base::Invalid("", "the idempotency key must have 1 to 255 characters");
  }
  return app::IdempotencyClaim{
      .scope = exchange.caller + " " + exchange.request.path,
      .key = std::string(key),
      .request_digest = base::Sha256(base::AsBytes(exchange.request.body)),
  };
}

struct Opening {
  const app::Services& services;
  SessionRequestRules rules;
  std::optional<SessionKind> kind;
  Variant variant;
};

void Open(const Opening& opening, Exchange exchange) {
  if (auto json = CheckJson(exchange.request); !json) return exchange.Refuse(json.error());
  auto command = ParseOpenSession(exchange.request.body, opening.kind, opening.rules);
  if (!command) return exchange.Refuse(command.error());
  auto claim = ReadClaim(exchange);
  if (!claim) return exchange.Refuse(claim.error());
  command->idempotency = std::move(*claim);
  command->traceparent = exchange.traceparent;
  command->request_id = exchange.request_id;
  exchange.request = {};  // not needed while it waits for the disk, and neither is its memory
  app::Execute(opening.services, std::move(*command),
               [&services = opening.services, variant = opening.variant,
                exchange = std::move(exchange)](base::Result<app::OpenedSession> opened) mutable {
                 if (!opened) return exchange.Refuse(opened.error());
                 exchange.Answer(Render(services, *opened, variant));
               });
}

void Provide(const app::Services& services, const SessionRequestRules& rules, Exchange exchange) {
  const auto id = base::ParseUuid(exchange.Parameter("tds_terminal_id"));
  if (!id) {
    return exchange.Refuse(
        {base::ErrorCode::kNotFound, "no 3-D Secure session has this terminal", {}, std::nullopt});
  }
  if (auto json = CheckJson(exchange.request); !json) return exchange.Refuse(json.error());
  auto challenge = ParseChallenge(exchange.request.body, rules);
  if (!challenge) return exchange.Refuse(challenge.error());
  app::Execute(
      services,
      app::ProvideChallenge{*id, std::move(*challenge),
                            CauseOf(exchange, domain::Side::kProcessor)},
      [&services, exchange = std::move(exchange)](base::Result<domain::Session> session) mutable {
        if (!session) return exchange.Refuse(session.error());
        std::string key = services.keys.Make(app::KeyPurpose::kTds, session->id);
        auto response = Render(services, {std::move(*session), std::move(key)}, Variant::kSessions);
        response.status = 200;  // nothing was created
        exchange.Answer(std::move(response));
      });
}

}  // namespace

void AddCommerceRoutes(Router& router, const app::Services& services, SessionRequestRules rules) {
  const auto add = [&](const char* path, std::optional<SessionKind> kind, Variant variant) {
    router.Add({.method = "POST",
                .pattern = path,
                .handler = [opening = Opening{services, rules, kind, variant}](Exchange exchange) {
                  Open(opening, std::move(exchange));
                }});
  };
  add("/sessions", std::nullopt, Variant::kSessions);
  add("/session", SessionKind::kPayment, Variant::kPublished);
  add("/tds/session", SessionKind::kTds, Variant::kPublished);
  router.Add({.method = "POST",
              .pattern = "/tds/session/{tds_terminal_id}/challenge",
              .handler = [&services, rules = std::move(rules)](Exchange exchange) {
                Provide(services, rules, std::move(exchange));
              }});
}

}  // namespace obolus::http
