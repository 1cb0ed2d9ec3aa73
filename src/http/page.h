// HTML pages from the embedded templates, each with the headers that its scripts are written for
// (web/README.md has the table). Templates have placeholders and no logic; every value is escaped
// here. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "domain/challenge.h"
#include "net/http_message.h"

namespace obolus::http {

using Values = std::map<std::string, std::string, std::less<>>;

// `{{name}}` becomes the escaped value, "" when there is none; `{{{name}}}` does not exist: markup
// comes in `markup`.
std::string FillTemplate(std::string_view text, const Values& values, const Values& markup = {});

net::HttpResponse CardFramePage(const std::string& session_key,
                                const std::vector<std::string>& origins);
net::HttpResponse CheckoutPage(const std::string& session_key, const std::string& merchant_name,
                               const std::string& amount);

// Posts the challenge to the issuer (EMV 3DS 2.3.1 §5.8, or PaReq/MD/TermUrl); without JavaScript
// by a button.
net::HttpResponse ChallengeStartPage(const domain::Challenge& challenge,
                                     const std::string& return_url);

enum class WaitPhase { kPreparing, kConfirming };
net::HttpResponse ChallengeWaitPage(const std::string& challenge_key, WaitPhase phase);

enum class EndOutcome { kDone, kFailed, kCancelled, kExpired, kVoided };
net::HttpResponse EndPage(int status, EndOutcome outcome, const std::string& title,
                          const std::string& message);

net::HttpResponse SeeOther(const std::string& url);

}  // namespace obolus::http
