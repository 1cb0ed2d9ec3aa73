#include "http/challenge_routes.h"

#include <algorithm>
#include <cctype>

#include "app/return_from_challenge.h"
#include "app/start_challenge.h"
#include "http/accept.h"
#include "http/challenge_return.h"
#include "http/page.h"
#include "http/problem.h"
#include "http/session_json.h"

namespace obolus::http {
namespace {

using app::SessionView;
using domain::SessionState;

// All that the server takes: a shopper whose bank sends too much must not be left standing, so what
// is too long to be read is a way back all the same.
constexpr std::size_t kMostReturned = std::size_t{256} * 1024;

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

// What the address says of how the challenge is shown, for the timeline; nothing else of it.
domain::Details DetailsOfStart(const net::HttpRequest& request) {
  static constexpr std::pair<const char*, std::string_view> kKnown[] = {
      {"in", "frame"}, {"in", "page"}, {"size", "01"},     {"size", "02"},     {"size", "03"},
      {"size", "04"},  {"size", "05"}, {"after", "frame"}, {"policy", "wide"},
  };
  domain::Details details;
  for (const auto& [name, value] : kKnown) {
    if (QueryValue(request.query, name) == value) details.emplace_back(name, value);
  }
  return details;
}

void Start(const app::Services& services, Exchange exchange) {
  const std::string key = exchange.Parameter("challenge_key");
  const bool only_looks = exchange.request.method == "HEAD";  // a checker of links, not a shopper
  app::StartChallenge command{key, CauseOf(exchange, domain::Side::kShopper),
                              DetailsOfStart(exchange.request)};
  auto show = [&services, key,
               exchange = std::move(exchange)](base::Result<SessionView> view) mutable {
    if (view && view->session.kind != domain::SessionKind::kTds) {
      view = base::Fail(base::ErrorCode::kNotFound, "no 3-D Secure session has this key");
    }
    if (AnsweredWithout(services, exchange, view)) return;
    exchange.Answer(ShowChallenge(services, exchange.request, *view, key));
  };
  if (only_looks) return app::ShowReturned(services, key, std::move(show));
  app::Execute(services, command, std::move(show));
}

// A payment whose processor knows nothing of our challenges sent the shopper back by
// tds_return_url: Commerce's word alone says how it ended. ContinueUrl is no help, because it goes
// on without that word after a while.
net::HttpResponse ShowPayment(const app::Services& services, const net::HttpRequest& request,
                              const SessionView& view) {
  const Reader reader = ReaderOf(services, request, &view.session);
  const domain::Session& session = view.session;
  const bool voided = session.voided_after_end;
  const bool undecided =
      !session.commerce_state || *session.commerce_state == domain::CommerceState::kAccepted;
  if (undecided && !voided) {
    const std::string way_back_url = PendingUrl(session.continuation);
    if (way_back_url.empty()) return EndPage(reader, 200, EndOutcome::kReturned);
    return ChallengeWaitPage(reader, {.phase = WaitPhase::kPending, .way_back_url = way_back_url});
  }
  const bool failed = voided || session.commerce_state == domain::CommerceState::kFailed;
  const auto& url = failed ? session.continuation.error : session.continuation.success;
  if (url && !IsInFrame(request)) return SeeOther(*url);
  if (voided) return EndPage(reader, 200, EndOutcome::kVoided);
  return EndPage(reader, 200, failed ? EndOutcome::kFailed : EndOutcome::kDone);
}

// The way back has been noted; this address shows what is known by now, however often it is asked.
constexpr std::string_view kSeen = "seen";

void Return(const app::Services& services, const std::string& key, Exchange exchange) {
  const bool seen =
      exchange.request.method == "HEAD" ||
      (exchange.request.method == "GET" && QueryValue(exchange.request.query, kSeen) == "1");
  app::ReturnFromChallenge command{key, CauseOf(exchange, domain::Side::kShopper),
                                   ReadChallengeReturn(exchange.request)};
  auto show = [&services, key, seen,
               exchange = std::move(exchange)](base::Result<SessionView> view) mutable {
    if (AnsweredWithout(services, exchange, view)) return;
    const std::string base = services.settings.public_url + "/3ds/";
    if (view->session.kind == domain::SessionKind::kTds) {
      return exchange.Answer(SeeOther(base + *view->challenge_key));
    }
    if (!seen) return exchange.Answer(SeeOther(base + "return/" + key + "?seen=1"));
    exchange.Answer(ShowPayment(services, exchange.request, *view));
  };
  if (seen) return app::ShowReturned(services, key, std::move(show));
  app::Execute(services, command, std::move(show));
}

}  // namespace

net::HttpResponse AnswerRefused(int status, std::string reason, const std::string& path) {
  const bool is_return =
      path.starts_with("/3ds/") && (path.starts_with("/3ds/return/") || path.ends_with("/return"));
  const bool is_plain = std::ranges::all_of(path, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '/';
  });
  if (is_return && is_plain) return SeeOther(path);
  return MakeProblem(status, std::move(reason));
}

void AddChallengeRoutes(Router& router, const app::Services& services) {
  router.Add({.method = "GET",
              .pattern = "/3ds/{challenge_key}",
              .handler = [&services](Exchange exchange) { Start(services, std::move(exchange)); }});
  for (const char* method : {"GET", "POST"}) {
    router.Add({.method = method,
                .pattern = "/3ds/{challenge_key}/return",
                .handler =
                    [&services](Exchange exchange) {
                      const std::string key = exchange.Parameter("challenge_key");
                      Return(services, key, std::move(exchange));
                    },
                .max_body_bytes = kMostReturned});
    router.Add({.method = method,
                .pattern = "/3ds/return/{return_token}",
                .handler =
                    [&services](Exchange exchange) {
                      const std::string key = exchange.Parameter("return_token");
                      Return(services, key, std::move(exchange));
                    },
                .max_body_bytes = kMostReturned});
  }
}

}  // namespace obolus::http
