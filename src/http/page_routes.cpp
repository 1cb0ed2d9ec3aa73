#include "http/page_routes.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "app/show_session.h"
#include "base/check.h"
#include "base/crypto.h"
#include "http/asset.h"
#include "http/page.h"
#include "http/session_json.h"

namespace obolus::http {
namespace {

struct File {
  const char* asset;
  const char* path;
  const char* type;
  bool cross_origin;  // loaded by merchants' pages
};

constexpr File kFiles[] = {
    {"obolus.js", "/client/v1/obolus.js", "text/javascript; charset=utf-8", true},
    {"obolus.mjs", "/client/v1/obolus.mjs", "text/javascript; charset=utf-8", true},
    {"element.js", "/client/v1/element.js", "text/javascript; charset=utf-8", true},
    {"card.js", "/frame/v1/card.js", "text/javascript; charset=utf-8", false},
    {"session.js", "/frame/v1/session.js", "text/javascript; charset=utf-8", false},
    {"card.css", "/frame/v1/card.css", "text/css; charset=utf-8", false},
    {"checkout.js", "/page/v1/checkout.js", "text/javascript; charset=utf-8", false},
    {"tds.js", "/page/v1/tds.js", "text/javascript; charset=utf-8", false},
    {"page.css", "/page/v1/page.css", "text/css; charset=utf-8", false},
};

net::HttpResponse Serve(const File& file, const std::string& etag,
                        const net::HttpRequest& request) {
  net::HttpResponse response{.status = 200, .headers = {}, .body = {}};
  response.headers.Add("ETag", etag);
  response.headers.Add("Cache-Control", "public, max-age=300");
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.headers.Add("Cross-Origin-Resource-Policy",
                       file.cross_origin ? "cross-origin" : "same-origin");
  if (file.cross_origin) response.headers.Add("Access-Control-Allow-Origin", "*");
  const std::string* known = request.headers.Find("If-None-Match");
  if (known != nullptr && *known == etag) {
    response.status = 304;
    return response;
  }
  response.headers.Add("Content-Type", file.type);
  response.body = AssetContent(file.asset);
  return response;
}

void AnswerNoSession(Exchange& exchange) {
  exchange.Answer(EndPage(404, EndOutcome::kExpired, "This page is no longer available",
                          "The link has expired or was already used. Please go back to the shop."));
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
  app::ShowSession(services, key,
                   [&services, key,
                    exchange = std::move(exchange)](base::Result<app::SessionView> view) mutable {
                     const bool usable =
                         view && view->session.kind == domain::SessionKind::kPayment;
                     if (!usable) {
                       if (!view && view.error().code != base::ErrorCode::kNotFound) {
                         return exchange.Refuse(view.error());
                       }
                       return AnswerNoSession(exchange);
                     }
                     exchange.Answer(CardFramePage(key, AllowedOrigins(services, view->session)));
                   });
}

void ShowCheckout(const app::Services& services, Exchange exchange) {
  std::string key = exchange.Parameter("session_key");
  app::ShowSession(
      services, key,
      [key, exchange = std::move(exchange)](base::Result<app::SessionView> view) mutable {
        if (!view && view.error().code != base::ErrorCode::kNotFound) {
          return exchange.Refuse(view.error());
        }
        const bool usable = view && view->session.kind == domain::SessionKind::kPayment;
        if (!usable) return AnswerNoSession(exchange);
        if (view->IsExpired()) {
          const std::string url = ContinueUrl(*view);
          return url.empty() ? AnswerNoSession(exchange) : exchange.Answer(SeeOther(url));
        }
        const domain::Session& session = view->session;
        exchange.Answer(
            CheckoutPage(key, session.merchant.name.value_or(""), AmountText(session.payment)));
      });
}

}  // namespace

std::string_view AssetContent(std::string_view name) {
  for (const Asset& asset : Assets()) {
    if (asset.name == name) return asset.content;
  }
  CHECK(false && "no such asset");
  std::abort();
}

void AddPageRoutes(Router& router, const app::Services& services) {
  for (const File& file : kFiles) {
    const auto digest = base::Sha256(base::AsBytes(AssetContent(file.asset)));
    const std::string etag = "\"" + base::EncodeHex(base::ByteView(digest).first(16)) + "\"";
    router.Add({.method = "GET", .pattern = file.path, .handler = [file, etag](Exchange exchange) {
                  auto response = Serve(file, etag, exchange.request);
                  exchange.Answer(std::move(response));
                }});
  }
  router.Add(
      {.method = "GET",
       .pattern = "/frame/v1/{session_key}",
       .handler = [&services](Exchange exchange) { ShowFrame(services, std::move(exchange)); }});
  router.Add(
      {.method = "GET",
       .pattern = "/checkout/{session_key}",
       .handler = [&services](Exchange exchange) { ShowCheckout(services, std::move(exchange)); }});
}

}  // namespace obolus::http
