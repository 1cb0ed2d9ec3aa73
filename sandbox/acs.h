// The issuer's challenge server (ACS) of the sandbox. GET or POST /acs/challenge shows a challenge
// for a CReq; POST /acs/decide records how it ended, which is what the processor will say, and has
// the browser post the CRes to the notification URL, cross-site and without a cookie, as a real ACS
// does (EMV 3DS 2.x). A challenge that has a behaviour (acs_behaviours.h) plays it, otherwise the
// shopper chooses; a script may decide by itself, in the browser or in its place. Runs on engine
// threads.
#pragma once

#include <functional>
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
  std::optional<AcsDecision> decision;      // absent: the behaviour, or the shopper
  const AcsBehaviour* behaviour = nullptr;  // of challenges that open from now on; null: the card's
  bool without_browser = false;             // the sandbox plays the shopper's browser, too
};

// {"challenge": "pass"|"fail"|"cancel"|"manual", "without_browser"?}, or "behaviour" with a name of
// acs_behaviours.h in place of "challenge". kInvalid.
base::Result<AcsScript> ReadAcsScript(const base::json::object& body);

// The record that a CReq names. kMalformed: not base64url or not JSON. kInvalid: a member that is
// missing or wrong (messageType, messageVersion, challengeWindowSize, ids). kNotFound: not a
// challenge of ours.
base::Result<AcsRecord> ReadCReq(std::string_view creq, const Processor& processor);

// What a behaviour may ask of Commerce.
struct CommerceSide {
  std::function<void(const std::string& payment_id)> void_payment;
  // Obolus has answered that it knows of the void.
  std::function<bool(const std::string& payment_id)> is_void_known;
};

struct AcsParts {
  Processor& processor;
  Journal& journal;
  base::Scheduler& scheduler;
  const base::Clock& clock;
  net::HttpClient& browser;  // when the sandbox plays the shopper's
  CommerceSide commerce;
};

class Acs {
 public:
  explicit Acs(AcsParts parts) : parts_(std::move(parts)) {}

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
  // Answers with the page that posts the CRes; after the void where the behaviour wants one.
  void PostBack(net::Responder responder, const AcsRecord& record, AcsDecision decision,
                const std::string& session_data);
  // When the behaviour's CRes is to be posted, from now.
  base::Millis WaitOf(const AcsRecord& record) const;
  void AfterVoid(const std::string& payment_id, int tries, std::move_only_function<void()> then);
  void Browse(const std::shared_ptr<Visit>& visit);
  void BrowseBack(const std::shared_ptr<Visit>& visit);
  void Note(const AcsRecord& record, std::string title, std::string body, std::string verdict);

  AcsParts parts_;
  mutable std::mutex mutex_;  // script_, stopped_
  AcsScript script_;
  bool stopped_ = false;
};

}  // namespace obolus::sandbox
