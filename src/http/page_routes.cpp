#include "http/page_routes.h"

#include <algorithm>
#include <iterator>

#include "app/show_session.h"
#include "http/accept.h"
#include "http/page.h"
#include "http/session_json.h"

namespace obolus::http {
namespace {

void AnswerNoSession(const app::Services& services, Exchange& exchange) {
  exchange.Answer(EndPage(ReaderOf(services, exchange.request, nullptr), 404, EndOutcome::kGone));
}

// Digits of the minor unit where it is not two (ISO 4217 list one).
int MinorDigits(std::string_view currency) {
  static constexpr std::string_view kNone[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY",
                                               "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                                               "VND", "VUV", "XAF", "XOF", "XPF"};
  static constexpr std::string_view kThree[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
  if (std::ranges::find(kNone, currency) != std::end(kNone)) return 0;
  return std::ranges::find(kThree, currency) != std::end(kThree) ? 3 : 2;
}

// "49.90 EUR"; the page's script shows it in the reader's language.
std::string AmountText(const domain::PaymentDetails& payment) {
  if (!payment.amount_minor || !payment.currency_code) return "";
  const auto digits = static_cast<std::size_t>(MinorDigits(*payment.currency_code));
  std::string text = std::to_string(*payment.amount_minor);
  if (digits > 0) {
    if (text.size() <= digits) text.insert(0, digits + 1 - text.size(), '0');
    text.insert(text.size() - digits, ".");
  }
  return text + " " + *payment.currency_code;
}

void ShowFrame(const app::Services& services, Exchange exchange) {
  std::string key = exchange.Parameter("session_key");
  app::ShowSession(
      services, key,
      [&services, key,
       exchange = std::move(exchange)](base::Result<app::SessionView> view) mutable {
        const bool usable = view && view->session.kind == domain::SessionKind::kPayment;
        if (!usable) {
          if (!view && view.error().code != base::ErrorCode::kNotFound) {
            return exchange.Refuse(view.error());
          }
          return AnswerNoSession(services, exchange);
        }
        exchange.Answer(CardFramePage(ReaderOf(services, exchange.request, &view->session), key));
      });
}

// What the shopper meets who comes too late, or again: the shop's page, else how it ended.
void AnswerExpired(const app::Services& services, Exchange& exchange,
                   const app::SessionView& view) {
  const std::string url = ContinueUrl(view);
  exchange.Answer(url.empty() ? EndPage(ReaderOf(services, exchange.request, &view.session), 404,
                                        EndOutcome::kExpired)
                              : SeeOther(url));
}

void ShowCheckout(const app::Services& services, Exchange exchange) {
  std::string key = exchange.Parameter("session_key");
  app::ShowSession(
      services, key,
      [&services, key,
       exchange = std::move(exchange)](base::Result<app::SessionView> view) mutable {
        if (!view && view.error().code != base::ErrorCode::kNotFound) {
          return exchange.Refuse(view.error());
        }
        const bool usable = view && view->session.kind == domain::SessionKind::kPayment;
        if (!usable) return AnswerNoSession(services, exchange);
        if (view->IsExpired()) return AnswerExpired(services, exchange, *view);
        const domain::Session& session = view->session;
        exchange.Answer(CheckoutPage(ReaderOf(services, exchange.request, &session),
                                     {.session_key = key,
                                      .merchant_name = session.merchant.name.value_or(""),
                                      .amount = AmountText(session.payment),
                                      .back_url = session.continuation.error.value_or("")}));
      });
}

// EMV 3DS 2.3.1, "Challenge Window Size"; 03 is the middle one.
std::string WindowSizeOf(const net::HttpRequest& request) {
  const std::string size = QueryValue(request.query, "size");
  const bool known = size.size() == 2 && size[0] == '0' && size[1] >= '1' && size[1] <= '5';
  return known ? size : "03";
}

void ShowChallengeFrame(const app::Services& services, Exchange exchange) {
  const std::string key = exchange.Parameter("challenge_key");
  app::ShowSession(services, key,
                   [&services, key,
                    exchange = std::move(exchange)](base::Result<app::SessionView> view) mutable {
                     if (!view && view.error().code != base::ErrorCode::kNotFound) {
                       return exchange.Refuse(view.error());
                     }
                     const bool usable = view && view->session.kind == domain::SessionKind::kTds;
                     if (!usable) return AnswerNoSession(services, exchange);
                     const Reader reader = ReaderOf(services, exchange.request, &view->session);
                     exchange.Answer(ChallengeFramePage(reader, "/3ds/" + key + "?in=frame&size=" +
                                                                    WindowSizeOf(exchange.request) +
                                                                    "&locale=" + reader.language));
                   });
}

}  // namespace

void AddPageRoutes(Router& router, const app::Services& services) {
  router.Add(
      {.method = "GET",
       .pattern = "/frame/v1/{session_key}",
       .handler = [&services](Exchange exchange) { ShowFrame(services, std::move(exchange)); }});
  router.Add(
      {.method = "GET",
       .pattern = "/checkout/{session_key}",
       .handler = [&services](Exchange exchange) { ShowCheckout(services, std::move(exchange)); }});
  router.Add({.method = "GET",
              .pattern = "/3ds/{challenge_key}/frame",
              .handler = [&services](Exchange exchange) {
                ShowChallengeFrame(services, std::move(exchange));
              }});
}

}  // namespace obolus::http
