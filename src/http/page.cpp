#include "http/page.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/encoding.h"
#include "base/html.h"
#include "base/url.h"
#include "http/accept.h"
#include "http/asset.h"
#include "http/gzip.h"
#include "http/session_json.h"

namespace obolus::http {
namespace {

// What goes into one page of `kind`: the variant of its template, values and markup.
struct Filling {
  int status = 200;
  std::string_view variant{};
  Values values{};
  Values markup{};
  std::string acs{};  // start page: where its form may go, as its policy says it
};

std::string Ancestors(const Reader& reader) {
  std::string origins;
  for (const std::string& origin : reader.shops) origins += " " + origin;
  return origins;
}

net::HttpResponse Html(const Reader& reader, std::string_view kind, Filling filling) {
  const Assets& assets = Assets::Get();
  const AssetPage& page = assets.Page(kind);
  std::string name = "pages/" + std::string(kind);
  if (!filling.variant.empty()) name.append("-").append(filling.variant);
  name.append(".").append(reader.language).append(".html");
  // Base64 and origins need no escape in a header, nor the nonce in an attribute.
  const Values raw = {{"nonce", reader.nonce},
                      {"ancestors", Ancestors(reader)},
                      {"acs", filling.acs},
                      {"style", std::string(assets.Content(page.style))}};
  filling.markup.insert(raw.begin(), raw.end());
  net::HttpResponse response{.status = filling.status, .headers = {}, .body = {}};
  response.body = FillTemplate(assets.Content(name), filling.values, filling.markup);
  response.headers.Reserve(page.headers_text.size() + 6);
  response.headers.Add("Content-Type", "text/html; charset=utf-8");
  for (const auto& [header, text] : page.headers_text) {
    response.headers.Add(header, FillTemplate(text, {}, raw));
  }
  response.headers.Add("Content-Language", reader.language);
  response.headers.Add("Vary", "Accept-Language, Accept-Encoding");
  if (reader.gzip) {
    // No BREACH: nothing that a stranger puts into the request is repeated beside the session key,
    // and the merchant's name is Commerce's.
    response.body = Gzip(response.body);
    response.headers.Add("Content-Encoding", "gzip");
  }
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

// A policy has no word for an IPv6 address (CSP 3 §2.3.1), and while somebody is trying things out
// on loopback, the issuers' other hosts are there too.
std::string FormTargets(const domain::Challenge& challenge, bool wide) {
  const auto url =
      base::ParseUrl(domain::ChallengeTarget(challenge), base::HttpPolicy::kHttpOnLoopback);
  if (!url) return "'none'";
  if (!wide && !url->host.starts_with('[')) return url->Origin();
  return url->scheme == "https" ? "https:" : "https: http:";
}

std::string_view NameOf(WaitPhase phase) {
  static constexpr std::array<std::string_view, 3> kNames = {"preparing", "confirming", "pending"};
  return kNames[static_cast<std::size_t>(phase)];
}

// "9:05"
std::string MinutesAndSeconds(std::chrono::seconds time) {
  const std::string seconds = std::to_string(time.count() % 60);
  return std::to_string(time.count() / 60) + (seconds.size() < 2 ? ":0" : ":") + seconds;
}

std::string_view NameOf(EndOutcome outcome) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "done", "returned", "failed", "cancelled", "expired", "voided", "gone"};
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

namespace {

std::string AllowedOriginsText(const Reader& reader) {
  std::string origins;
  for (const std::string& origin : reader.shops) origins += (origins.empty() ? "" : " ") + origin;
  return origins;
}

std::string ThemeOf(const net::HttpRequest& request) {
  std::string theme = QueryValue(request.query, "theme");
  const bool known = theme == "dark" || theme == "auto" || theme == "contrast";
  return known ? theme : "light";
}

}  // namespace

Reader ReaderOf(const app::Services& services, const net::HttpRequest& request,
                const domain::Session* session) {
  const auto header = [&](std::string_view name) {
    const std::string* value = request.headers.Find(name);
    return value == nullptr ? std::string_view() : std::string_view(*value);
  };
  const std::array<std::string, 2> wishes = {
      QueryValue(request.query, "locale"), session == nullptr ? "" : session->locale.value_or("")};
  const std::array<std::uint64_t, 2> random = {services.ids.NewRandom(), services.ids.NewRandom()};
  const auto bytes = std::bit_cast<std::array<std::uint8_t, 16>>(random);
  return {.language = std::string(
              ChooseLanguage(Assets::Get().languages, wishes, header("Accept-Language"))),
          .nonce = base::EncodeBase64(bytes),
          .shops = session == nullptr ? services.settings.default_origins
                                      : MerchantOrigins(services, *session),
          .theme = ThemeOf(request),
          .gzip = AcceptsGzip(header("Accept-Encoding"))};
}

net::HttpResponse CardFramePage(const Reader& reader, const std::string& session_key) {
  return Html(reader, "card",
              {.values = {{"session_key", session_key},
                          {"allowed_origins", AllowedOriginsText(reader)},
                          {"theme", reader.theme}}});
}

net::HttpResponse CheckoutPage(const Reader& reader, const Checkout& checkout) {
  return Html(reader, "checkout",
              {.values = {{"session_key", checkout.session_key},
                          {"merchant_name", checkout.merchant_name},
                          {"amount", checkout.amount},
                          {"back_url", checkout.back_url}}});
}

net::HttpResponse ChallengeStartPage(const Reader& reader, const ChallengeStart& start) {
  return Html(reader, "start",
              {.values = {{"action", domain::ChallengeTarget(start.challenge)}},
               .markup = {{"fields", FieldsOf(start.challenge, start.return_url)}},
               .acs = FormTargets(start.challenge, start.wide_policy)});
}

net::HttpResponse ChallengeFramePage(const Reader& reader, const std::string& start_url) {
  return Html(
      reader, "challenge",
      {.values = {{"start_url", start_url}, {"allowed_origins", AllowedOriginsText(reader)}}});
}

net::HttpResponse ChallengeWaitPage(const Reader& reader, const ChallengeWait& wait) {
  const auto left = std::max(wait.left, std::chrono::seconds(0));
  const std::string time = "<span id=\"left\">" + MinutesAndSeconds(left) + "</span>";
  return Html(reader, "wait",
              {.variant = NameOf(wait.phase),
               .values = {{"challenge_key", wait.key},
                          {"seconds", std::to_string(left.count())},
                          {"way_back_url", wait.way_back_url}},
               .markup = {{"time", time}}});
}

net::HttpResponse EndPage(const Reader& reader, int status, EndOutcome outcome) {
  return Html(reader, "end", {.status = status, .variant = NameOf(outcome)});
}

net::HttpResponse SeeOther(const std::string& url) {
  return {.status = 303,
          .headers = {{"Location", url},
                      {"Cache-Control", "no-store"},
                      {"Referrer-Policy", "no-referrer"}},
          .body = {}};
}

}  // namespace obolus::http
