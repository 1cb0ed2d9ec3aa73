#include "http/page.h"

#include <array>

#include "base/html.h"
#include "http/asset.h"

namespace obolus::http {
namespace {

constexpr std::string_view kTrustedTypes = "; require-trusted-types-for 'script'";

net::HttpResponse Html(int status, std::string body, const std::string& policy) {
  net::HttpResponse response{.status = status, .headers = {}, .body = std::move(body)};
  response.headers.Add("Content-Type", "text/html; charset=utf-8");
  response.headers.Add("Content-Security-Policy", policy);
  response.headers.Add("Cache-Control", "no-store");
  response.headers.Add("Referrer-Policy", "no-referrer");
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.headers.Add("Permissions-Policy",
                       "camera=(), geolocation=(), microphone=(), display-capture=()");
  return response;
}

std::string HiddenInput(std::string_view name, std::string_view value) {
  return "<input type=\"hidden\" name=\"" + base::EscapeHtml(name) + "\" value=\"" +
         base::EscapeHtml(value) + "\">";
}

std::string FieldsOf(const domain::Challenge& challenge, const std::string& return_url) {
  if (const auto* emv = std::get_if<domain::EmvChallenge>(&challenge)) {
    std::string fields = HiddenInput("creq", emv->creq);
    if (emv->three_ds_session_data) {
      fields += HiddenInput("threeDSSessionData", *emv->three_ds_session_data);
    }
    return fields;
  }
  if (const auto* legacy = std::get_if<domain::PaReqChallenge>(&challenge)) {
    return HiddenInput("PaReq", legacy->pa_req) + HiddenInput("MD", legacy->md) +
           HiddenInput("TermUrl", return_url);
  }
  return "";
}

std::string_view NameOf(EndOutcome outcome) {
  static constexpr std::array<std::string_view, 5> kNames = {"done", "failed", "cancelled",
                                                             "expired", "voided"};
  return kNames[static_cast<std::size_t>(outcome)];
}

}  // namespace

std::string FillTemplate(std::string_view text, const Values& values, const Values& markup) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const std::size_t open = text.find("{{");
    const std::size_t close = open == std::string_view::npos ? open : text.find("}}", open);
    out += text.substr(0, close == std::string_view::npos ? text.size() : open);
    if (close == std::string_view::npos) return out;
    const std::string_view name = text.substr(open + 2, close - open - 2);
    if (const auto raw = markup.find(name); raw != markup.end()) {
      out += raw->second;
    } else if (const auto value = values.find(name); value != values.end()) {
      out += base::EscapeHtml(value->second);
    }
    text.remove_prefix(close + 2);
  }
}

net::HttpResponse CardFramePage(const std::string& session_key,
                                const std::vector<std::string>& origins) {
  std::string allowed;
  for (const std::string& origin : origins) allowed += (allowed.empty() ? "" : " ") + origin;
  auto response = Html(
      200,
      FillTemplate(AssetContent("card.html"),
                   {{"lang", "en"}, {"session_key", session_key}, {"allowed_origins", allowed}}),
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
      "form-action 'none'; base-uri 'none'; frame-ancestors 'self' " +
          allowed + std::string(kTrustedTypes));
  response.headers.Add("Cross-Origin-Resource-Policy", "cross-origin");
  return response;
}

net::HttpResponse CheckoutPage(const std::string& session_key, const std::string& merchant_name,
                               const std::string& amount) {
  auto response =
      Html(200,
           FillTemplate(AssetContent("checkout.html"), {{"lang", "en"},
                                                        {"session_key", session_key},
                                                        {"merchant_name", merchant_name},
                                                        {"amount", amount}}),
           "default-src 'none'; script-src 'self'; style-src 'self'; connect-src "
           "'self'; frame-src 'self'; form-action 'none'; base-uri 'none'; "
           "frame-ancestors 'none'" +
               std::string(kTrustedTypes));
  response.headers.Add("Cross-Origin-Opener-Policy", "same-origin");
  return response;
}

net::HttpResponse ChallengeStartPage(const domain::Challenge& challenge,
                                     const std::string& return_url) {
  // No form-action: browsers apply it to the redirects of the issuer's own answer, too.
  return Html(200,
              FillTemplate(AssetContent("tds_start.html"),
                           {{"lang", "en"}, {"action", domain::ChallengeTarget(challenge)}},
                           {{"fields", FieldsOf(challenge, return_url)}}),
              "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'" +
                  std::string(kTrustedTypes));
}

net::HttpResponse ChallengeWaitPage(const std::string& challenge_key, WaitPhase phase) {
  const bool preparing = phase == WaitPhase::kPreparing;
  return Html(
      200,
      FillTemplate(AssetContent("tds_wait.html"),
                   {{"lang", "en"},
                    {"challenge_key", challenge_key},
                    {"phase", preparing ? "preparing" : "confirming"},
                    {"message", preparing ? "Your bank's security check is being prepared."
                                          : "The shop is confirming the result with your bank."}}),
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
      "form-action 'none'; base-uri 'none'" +
          std::string(kTrustedTypes));
}

net::HttpResponse EndPage(int status, EndOutcome outcome, const std::string& title,
                          const std::string& message) {
  return Html(status,
              FillTemplate(AssetContent("end.html"), {{"lang", "en"},
                                                      {"outcome", std::string(NameOf(outcome))},
                                                      {"title", title},
                                                      {"message", message}}),
              "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'");
}

net::HttpResponse SeeOther(const std::string& url) {
  return {.status = 303,
          .headers = {{"Location", url},
                      {"Cache-Control", "no-store"},
                      {"Referrer-Policy", "no-referrer"}},
          .body = {}};
}

}  // namespace obolus::http
