// The issuer's challenge server (ACS) of the sandbox. GET or POST /acs/challenge shows a challenge
// for a CReq with pass, fail and cancel; POST /acs/decide records the choice, which is what the
// processor will say, and has the browser post the CRes to the notification URL, cross-site and
// without a cookie, as a real ACS does (EMV 3DS 2.x). A script may decide by itself, in the browser
// or in its place. Runs on engine threads.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "net/http_client.h"
#include "sandbox/journal.h"
#include "sandbox/processor.h"
#include "sandbox/routes.h"

namespace obolus::sandbox {

struct AcsScript {
  std::optional<AcsDecision> decision;  // absent: the shopper presses a button
  bool without_browser = false;         // the sandbox plays the shopper's browser, too
};

// {"challenge": "pass"|"fail"|"cancel"|"manual", "without_browser"?}. kInvalid.
base::Result<AcsScript> ReadAcsScript(const base::json::object& body);

// The record that a CReq names. kMalformed: not base64url or not JSON. kInvalid: a member that is
// missing or wrong (messageType, messageVersion, challengeWindowSize, ids). kNotFound: not a
// challenge of ours.
base::Result<AcsRecord> ReadCReq(std::string_view creq, const Processor& processor);

class Acs {
 public:
  Acs(Processor& processor, Journal& journal, base::Scheduler& scheduler, net::HttpClient& browser)
      : processor_(processor), journal_(journal), scheduler_(scheduler), browser_(browser) {}

  void AddRoutes(Routes& routes);
  void Play(AcsScript script);
  AcsScript script() const;

  // A challenge that a shopper's browser would now be sent to.
  void ChallengeOpened(const AcsRecord& record, const std::string& redirect_url);
  void Stop();

 private:
  struct Visit;

  void Challenge(RouteCall call);
  void Decide(RouteCall call);
  net::HttpResponse PostBack(const AcsRecord& record, AcsDecision decision,
                             const std::string& session_data);
  void Browse(const std::shared_ptr<Visit>& visit);
  void Note(const AcsRecord& record, std::string title, std::string body, std::string verdict);

  Processor& processor_;
  Journal& journal_;
  base::Scheduler& scheduler_;
  net::HttpClient& browser_;
  mutable std::mutex mutex_;  // script_, stopped_
  AcsScript script_;
  bool stopped_ = false;
};

}  // namespace obolus::sandbox
