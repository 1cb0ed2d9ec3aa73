// Guardian, Hellgate's vault, as Obolus's guardian provider sees it (contract §5): tokens made,
// shown and deleted under /api/pci/tokens, over HTTPS, with an API key and idempotency keys. It
// keeps no card: only the masked number, and a digest of each request to know a repetition by.
// What it answers can be scripted. Runs on engine threads.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "net/http_server.h"
#include "sandbox/journal.h"

namespace obolus::sandbox {

struct GuardianScript {
  enum class Answer : std::uint8_t {
    kAccept,
    kRefuse,        // 422
    kSlow,          // as kAccept, after delay_ms
    kSilent,        // no answer, ever
    kUnavailable,   // 503, also to a deletion
    kUnauthorized,  // 401
    kOdd,           // `status` with `body`, whatever that is
  };
  Answer answer = Answer::kAccept;
  std::int64_t times = -1;  // < 0: until there is another script
  std::int64_t delay_ms = 0;
  std::int64_t retry_after_s = -1;  // < 0: none
  bool apply = false;               // stores the token although it answers otherwise
  int status = 200;
  std::string body;
};

// {"answer", "times"?, "delay_ms"?, "retry_after"?, "apply"?, "status"?, "body"?}. kInvalid.
base::Result<GuardianScript> ReadGuardianScript(const base::json::object& body);

struct GuardianParts {
  Journal& journal;
  base::IdSource& ids;
  const base::Clock& clock;
  base::Scheduler& scheduler;
  std::string api_key;
};

class Guardian {
 public:
  explicit Guardian(GuardianParts parts) : parts_(std::move(parts)) {}

  void Handle(net::HttpRequest request, net::Responder responder);
  void Play(GuardianScript script);
  // {"asked", "refused", "repeated", "created", "deleted", "tokens": [{"id", "card", …}]}: those
  // that are there now.
  base::json::object Report() const;
  void Reset();
  // Ends the connections that got no answer; before the listener drains.
  void DropUnanswered();

 private:
  struct Token {
    std::string id;
    std::string idempotency_key;
    base::Sha256Digest request;
    base::json::object answer;
    bool deleted = false;
  };
  struct Counts {
    std::int64_t asked = 0, refused = 0, repeated = 0, created = 0, deleted = 0;
  };

  GuardianScript NextOfScript();
  net::HttpResponse Answer(const net::HttpRequest& request, const GuardianScript& script);
  net::HttpResponse Scripted(const net::HttpRequest& request, const GuardianScript& script);
  net::HttpResponse Create(const net::HttpRequest& request);
  net::HttpResponse Show(const std::string& id);
  net::HttpResponse Delete(const std::string& id);
  Token* Find(const std::string& id);
  void Record(const net::HttpRequest& request, const net::HttpResponse& answer,
              std::string_view verdict);

  GuardianParts parts_;
  mutable std::mutex mutex_;
  GuardianScript script_;
  std::vector<Token> tokens_;
  std::vector<net::Responder> unanswered_;
  Counts counts_;
};

// The body with every account_number masked and every security_code struck out; a body that is no
// JSON becomes its length.
std::string MaskedBody(std::string_view body);

}  // namespace obolus::sandbox
