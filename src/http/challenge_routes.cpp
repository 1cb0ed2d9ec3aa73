#include "http/challenge_routes.h"

#include "app/return_from_challenge.h"
#include "app/start_challenge.h"
#include "http/page.h"
#include "http/session_json.h"

namespace obolus::http {
namespace {

using app::SessionView;
using domain::SessionState;

net::HttpResponse NoSuchPage() {
  return EndPage(404, EndOutcome::kExpired, "This page is no longer available",
                 "The link has expired or was already used. Please go back to the shop.");
}

// The end of a session, to the shop when we know its address.
net::HttpResponse ShowEnd(const SessionView& view) {
  const std::string url = ContinueUrl(view);
  if (!url.empty()) return SeeOther(url);
  if (view.IsExpired()) {
    return EndPage(200, EndOutcome::kExpired, "Time is up",
                   "The security check was not finished in time. Please go back to the shop.");
  }
  const domain::Session& session = view.session;
  if (session.voided_after_end || session.state == SessionState::kVoided) {
    return EndPage(200, EndOutcome::kVoided, "Payment cancelled",
                   "The shop has cancelled this payment. You have not been charged.");
  }
  switch (session.state) {
    case SessionState::kSucceeded:
    case SessionState::kCreated:
      return EndPage(200, EndOutcome::kDone, "All done", "You can go back to the shop.");
    case SessionState::kCancelled:
      return EndPage(200, EndOutcome::kCancelled, "Payment cancelled",
                     "You have cancelled. Please go back to the shop.");
    default:
      return EndPage(200, EndOutcome::kFailed, "Your bank did not confirm the payment",
                     "You can go back to the shop and try another way to pay.");
  }
}

net::HttpResponse ShowChallenge(const app::Services& services, const SessionView& view,
                                const std::string& key) {
  if (view.IsEnded() || view.IsExpired()) return ShowEnd(view);
  if (view.session.state == SessionState::kReturned) {
    return ChallengeWaitPage(key, WaitPhase::kConfirming);
  }
  if (!view.session.challenge) return ChallengeWaitPage(key, WaitPhase::kPreparing);
  const domain::Challenge& challenge = *view.session.challenge;
  if (std::holds_alternative<domain::HostedChallenge>(challenge)) {
    return SeeOther(domain::ChallengeTarget(challenge));
  }
  return ChallengeStartPage(challenge, services.settings.public_url + "/3ds/" + key + "/return");
}

void Start(const app::Services& services, Exchange exchange) {
  std::string key = exchange.Parameter("challenge_key");
  app::Execute(
      services, app::StartChallenge{key},
      [&services, key, exchange = std::move(exchange)](base::Result<SessionView> view) mutable {
        if (view) return exchange.Answer(ShowChallenge(services, *view, key));
        if (view.error().code == base::ErrorCode::kNotFound) {
          return exchange.Answer(NoSuchPage());
        }
        exchange.Refuse(view.error());
      });
}

// What the browser brings (cres, PaRes, nothing) is not read: it is no verdict.
void Return(const app::Services& services, std::string key, Exchange exchange) {
  app::Execute(services, app::ReturnFromChallenge{std::move(key)},
               [&services, exchange = std::move(exchange)](base::Result<SessionView> view) mutable {
                 if (!view && view.error().code == base::ErrorCode::kNotFound) {
                   return exchange.Answer(NoSuchPage());
                 }
                 if (!view) return exchange.Refuse(view.error());
                 if (view->session.kind == domain::SessionKind::kTds) {
                   return exchange.Answer(
                       SeeOther(services.settings.public_url + "/3ds/" + *view->challenge_key));
                 }
                 exchange.Answer(EndPage(200, EndOutcome::kDone, "Thank you",
                                         "Your bank's check is finished. You can go back to the "
                                         "shop, which knows the result."));
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
