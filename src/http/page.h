// HTML pages from the embedded templates, each with the headers that web/payment_pages.mjs gives
// it. The words are in the templates, one a language; every value that goes in is escaped here, and
// a nonce that is new with each response lets only our own scripts and styles run. Called by the
// routes; any thread.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/services.h"
#include "domain/challenge.h"
#include "net/http_message.h"

namespace obolus::http {

using Values = std::map<std::string, std::string, std::less<>>;

// `{{name}}` becomes the escaped value, "" when there is none; `{{{name}}}` does not exist: markup
// comes in `markup`.
std::string FillTemplate(std::string_view text, const Values& values, const Values& markup = {});

// Who is to read a page.
struct Reader {
  std::string language = "en";       // one that there are templates in
  std::string nonce{};               // 128 random bits, base64
  std::vector<std::string> shops{};  // origins that may show the page in a frame
  std::string theme = "light";       // of the card frame until its host says one
  bool gzip = false;
};

// By what the request says of the browser: `locale` of the query, the session's locale, then
// Accept-Language; `theme` of the query where it is one. Without a session (nullptr) the configured
// shops may frame the page.
Reader ReaderOf(const app::Services& services, const net::HttpRequest& request,
                const domain::Session* session);

net::HttpResponse CardFramePage(const Reader& reader, const std::string& session_key);

struct Checkout {
  std::string session_key;
  std::string merchant_name{};
  std::string amount{};    // "42.00 EUR", for those without script
  std::string back_url{};  // of the shop, where it gave one
};
net::HttpResponse CheckoutPage(const Reader& reader, const Checkout& checkout);

struct ChallengeStart {
  domain::Challenge challenge;
  std::string return_url;  // TermUrl of the older protocol
  // The form may be answered by redirects to any https origin, not only to the issuer's own.
  bool wide_policy = false;
};
// Posts the challenge to the issuer (EMV 3DS 2.3.1 §5.8, or PaReq/MD/TermUrl); without JavaScript
// by a button. The page's policy lets its form go to the issuer's origin only.
net::HttpResponse ChallengeStartPage(const Reader& reader, const ChallengeStart& start);

// What the client library shows a challenge in: the bank's pages, from `start_url` on, inside a
// page of ours that sees whether the browser was let show them.
net::HttpResponse ChallengeFramePage(const Reader& reader, const std::string& start_url);

enum class WaitPhase {
  kPreparing,   // the challenge is not known yet
  kConfirming,  // the shopper is back, Commerce has not said how it ended
  kPending,     // the same for so long that the shopper may go
};
struct ChallengeWait {
  WaitPhase phase = WaitPhase::kConfirming;
  std::string
      key{};  // of the session that the page follows; empty: it asks by loading itself again
  std::chrono::seconds left{0};  // preparing: until the session's end; confirming: until pending
  std::string way_back_url{};    // pending: the shop's; empty: it gave none
};
net::HttpResponse ChallengeWaitPage(const Reader& reader, const ChallengeWait& wait);

enum class EndOutcome { kDone, kReturned, kFailed, kCancelled, kExpired, kVoided, kGone };
net::HttpResponse EndPage(const Reader& reader, int status, EndOutcome outcome);

net::HttpResponse SeeOther(const std::string& url);

}  // namespace obolus::http
