// Commerce's event bridge: POST /events on a listener that requires Obolus's client certificate.
// Checks the certificate's name, the CloudEvent and its history, tells Commerce of new events, and
// answers 204, 400 with the reason, or what a script says ("answer 503 three times"). Every attempt
// goes to the journal with its verdict. Runs on engine threads.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "net/http_server.h"
#include "sandbox/commerce.h"
#include "sandbox/event_register.h"
#include "sandbox/journal.h"

namespace obolus::sandbox {

// What the next `times` attempts get instead of the usual answer.
struct BridgeScript {
  std::int64_t times = 0;
  int answer = 0;                   // 0: the usual answer (with a delay, say)
  std::int64_t retry_after_s = -1;  // < 0: none
  std::int64_t delay_ms = 0;
  bool reset = false;  // end the connection without an answer
  bool apply = false;  // act on the event before answering so: its acknowledgement is lost
  std::string about;   // only events for this terminal; empty: all
};

// {"answer", "times", "retry_after", "delay_ms", "reset", "apply", "about"}; `times` 0 ends a
// script. kInvalid.
base::Result<BridgeScript> ReadBridgeScript(const base::json::object& body);

class Bridge {
 public:
  Bridge(Commerce& commerce, EventRegister& events, Journal& journal, base::Scheduler& scheduler,
         std::set<std::string> allowed_names)
      : commerce_(commerce),
        events_(events),
        journal_(journal),
        scheduler_(scheduler),
        allowed_names_(std::move(allowed_names)) {}

  void Handle(const net::HttpRequest& request, net::Responder responder);
  // One script a terminal at a time, and one for all, which a terminal's own comes before. Playing
  // an empty one for all ends all of them.
  void Play(BridgeScript script);

 private:
  struct Verdict {
    net::HttpResponse answer;
    std::string text;
    std::string terminal_id;
    std::optional<IncomingEvent> act_on;
  };

  BridgeScript NextOfScript(const std::string& terminal_id);
  Verdict Judge(const net::HttpRequest& request, const BridgeScript& script);
  Verdict Scripted(Verdict verdict, const BridgeScript& script) const;
  void Record(const net::HttpRequest& request, const Verdict& verdict);
  void Answer(Verdict verdict, const BridgeScript& script, net::Responder responder);

  Commerce& commerce_;
  EventRegister& events_;
  Journal& journal_;
  base::Scheduler& scheduler_;
  const std::set<std::string> allowed_names_;
  std::mutex mutex_;
  std::map<std::string, BridgeScript> scripts_;  // by `about`; those that are spent are gone
};

}  // namespace obolus::sandbox
