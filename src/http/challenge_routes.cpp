#include "http/challenge_routes.h"

#include "app/return_from_challenge.h"
#include "app/start_challenge.h"
#include "http/accept.h"
#include "http/page.h"
#include "http/session_json.h"

namespace obolus::http {
namespace {

using app::SessionView;
using domain::SessionState;

// In a frame it is whoever made the frame that goes to the shop; the shop's page in there would be
// the shop inside itself. Browsers say so of a document's request (Fetch Metadata); one that does
// not is told by the page's script, which then asks with ?in=frame.
bool IsInFrame(const net::HttpRequest& request) {
  const std::string* destination = request.headers.Find("Sec-Fetch-Dest");
  return QueryValue(request.query, "in") == "frame" ||
         (destination != nullptr &&
          (*destination == "iframe" || *destination == "frame" || *destination == "object"));
}

// The end of a session, to the shop when we know its address.
net::HttpResponse ShowEnd(const Reader& reader, const net::HttpRequest& request,
                          const SessionView& view) {
  const std::string url = ContinueUrl(view);
  if (!url.empty() && !IsInFrame(request)) return SeeOther(url);
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

net::HttpResponse ShowChallenge(const app::Services& services, const net::HttpRequest& request,
                                const SessionView& view, const std::string& key) {
  const Reader reader = ReaderOf(services, request, &view.session);
  if (view.IsEnded() || view.IsExpired()) return ShowEnd(reader, request, view);
  if (view.session.state == SessionState::kReturned) {
    const auto left = ConfirmWaitLeft(services, view).value_or(std::chrono::seconds(0));
    return ChallengeWaitPage(
        reader, {.phase = left.count() > 0 ? WaitPhase::kConfirming : WaitPhase::kPending,
                 .key = key,
                 .left = left,
                 .way_back_url = WayBackUrl(services, view)});
  }
  if (!view.session.challenge) {
    const auto left = view.session.expires_at - view.now;
    return ChallengeWaitPage(reader, {.phase = WaitPhase::kPreparing,
                                      .key = key,
                                      .left = std::chrono::ceil<std::chrono::seconds>(left)});
  }
  const domain::Challenge& challenge = *view.session.challenge;
  if (std::holds_alternative<domain::HostedChallenge>(challenge)) {
    return SeeOther(domain::ChallengeTarget(challenge));
  }
  return ChallengeStartPage(reader,
                            {.challenge = challenge,
                             .return_url = services.settings.public_url + "/3ds/" + key + "/return",
                             .wide_policy = QueryValue(request.query, "policy") == "wide"});
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
      services, app::StartChallenge{key, CauseOf(exchange, domain::Side::kShopper)},
      [&services, key, exchange = std::move(exchange)](base::Result<SessionView> view) mutable {
        if (AnsweredWithout(services, exchange, view)) return;
        exchange.Answer(ShowChallenge(services, exchange.request, *view, key));
      });
}

// What the browser brings (cres, PaRes, nothing) is not read: it is no verdict.
void Return(const app::Services& services, std::string key, Exchange exchange) {
  app::ReturnFromChallenge command{std::move(key), CauseOf(exchange, domain::Side::kShopper)};
  app::Execute(services, command,
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
