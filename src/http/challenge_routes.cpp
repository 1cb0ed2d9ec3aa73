#include "http/challenge_routes.h"

#include "app/return_from_challenge.h"
#include "app/start_challenge.h"
#include "http/page.h"
#include "http/session_json.h"

namespace obolus::http {
namespace {

using app::SessionView;
using domain::SessionState;

// The end of a session, to the shop when we know its address.
net::HttpResponse ShowEnd(const Reader& reader, const SessionView& view) {
  const std::string url = ContinueUrl(view);
  if (!url.empty()) return SeeOther(url);
  if (view.IsExpired()) return EndPage(reader, 200, EndOutcome::kExpired);
  const domain::Session& session = view.session;
  if (session.voided_after_end || session.state == SessionState::kVoided) {
    return EndPage(reader, 200, EndOutcome::kVoided);
  }
  switch (session.state) {
    case SessionState::kSucceeded:
    case SessionState::kCreated:
      return EndPage(reader, 200, EndOutcome::kDone);
    case SessionState::kCancelled:
      return EndPage(reader, 200, EndOutcome::kCancelled);
    default:
      return EndPage(reader, 200, EndOutcome::kFailed);
  }
}

net::HttpResponse ShowChallenge(const app::Services& services, const Reader& reader,
                                const SessionView& view, const std::string& key) {
  if (view.IsEnded() || view.IsExpired()) return ShowEnd(reader, view);
  if (view.session.state == SessionState::kReturned) {
    return ChallengeWaitPage(reader, key, WaitPhase::kConfirming);
  }
  if (!view.session.challenge) return ChallengeWaitPage(reader, key, WaitPhase::kPreparing);
  const domain::Challenge& challenge = *view.session.challenge;
  if (std::holds_alternative<domain::HostedChallenge>(challenge)) {
    return SeeOther(domain::ChallengeTarget(challenge));
  }
  return ChallengeStartPage(reader, challenge,
                            services.settings.public_url + "/3ds/" + key + "/return");
}

// True, and answered, when there is no such session or it could not be asked for.
bool AnsweredWithout(const app::Services& services, Exchange& exchange,
                     const base::Result<SessionView>& view) {
  if (view) return false;
  if (view.error().code == base::ErrorCode::kNotFound) {
    exchange.Answer(EndPage(ReaderOf(services, exchange.request, nullptr), 404, EndOutcome::kGone));
  } else {
    exchange.Refuse(view.error());
  }
  return true;
}

void Start(const app::Services& services, Exchange exchange) {
  std::string key = exchange.Parameter("challenge_key");
  app::Execute(
      services, app::StartChallenge{key},
      [&services, key, exchange = std::move(exchange)](base::Result<SessionView> view) mutable {
        if (AnsweredWithout(services, exchange, view)) return;
        const Reader reader = ReaderOf(services, exchange.request, &view->session);
        exchange.Answer(ShowChallenge(services, reader, *view, key));
      });
}

// What the browser brings (cres, PaRes, nothing) is not read: it is no verdict.
void Return(const app::Services& services, std::string key, Exchange exchange) {
  app::Execute(services, app::ReturnFromChallenge{std::move(key)},
               [&services, exchange = std::move(exchange)](base::Result<SessionView> view) mutable {
                 if (AnsweredWithout(services, exchange, view)) return;
                 if (view->session.kind == domain::SessionKind::kTds) {
                   return exchange.Answer(
                       SeeOther(services.settings.public_url + "/3ds/" + *view->challenge_key));
                 }
                 exchange.Answer(EndPage(ReaderOf(services, exchange.request, &view->session), 200,
                                         EndOutcome::kReturned));
               });
}

}  // namespace

void AddChallengeRoutes(Router& router, const app::Services& services) {
  router.Add({.method = "GET",
              .pattern = "/3ds/{challenge_key}",
              .handler = [&services](Exchange exchange) { Start(services, std::move(exchange)); }});
  for (const char* method : {"GET", "POST"}) {
    router.Add({.method = method,
                .pattern = "/3ds/{challenge_key}/return",
                .handler = [&services](Exchange exchange) {
                  std::string key = exchange.Parameter("challenge_key");
                  Return(services, std::move(key), std::move(exchange));
                }});
    router.Add({.method = method,
                .pattern = "/3ds/return/{return_token}",
                .handler = [&services](Exchange exchange) {
                  std::string key = exchange.Parameter("return_token");
                  Return(services, std::move(key), std::move(exchange));
                }});
  }
}

}  // namespace obolus::http
