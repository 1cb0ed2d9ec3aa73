// The way of a card to whoever charges it: fills a caller's template with card data and sends it to
// a destination that the configuration allows. `Prepare` looks at everything that needs no card, so
// that a card is touched only for a call that can be made. Implemented by vault/card_forwarder;
// called by app/forward_card.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/ports/store.h"
#include "base/secret.h"

namespace obolus::app {

using HeaderLines = std::vector<std::pair<std::string, std::string>>;

// As the caller wrote it.
struct ForwardCall {
  std::string method;  // upper case
  std::string url;
  HeaderLines headers;
  std::string body;  // a template
};

// What became of a call that was begun.
struct ForwardOutcome {
  enum class Kind {
    kAnswered,  // status, headers and body are the destination's, card data masked
    kNotSent,   // nothing of the card has left
    kUnknown,   // it may have got the card, and may have acted on it
  };
  Kind kind = Kind::kUnknown;
  bool timed_out = false;
  int status = 0;
  HeaderLines headers{};
  std::string body{};
  std::string detail{};  // for people, unless answered; holds nothing of the card or the call
};

class CardForwarder {
 public:
  // A call that may be made.
  class Prepared {
   public:
    virtual ~Prepared() = default;
    virtual bool UsesSecurityCode() const = 0;
    virtual std::string Fields() const = 0;  // "account_number expiry_month": for the audit log
    virtual std::string Destination() const = 0;  // scheme, host, port and path, without the query
    virtual const std::string& Method() const = 0;
  };

  virtual ~CardForwarder() = default;
  // Errors, in order: kInvalid (names the place: "/url", "/method", "/headers/…", "/body"),
  // kForbidden (no destination allows this method and url).
  virtual Result<std::unique_ptr<Prepared>> Prepare(ForwardCall call) const = 0;
  // `code` where the call uses it. `done` runs on a thread of the forwarder's. Errors: kMalformed
  // (the sealed record does not open), kRateLimited (as many calls as may be are under way).
  virtual void Send(std::unique_ptr<Prepared> call, SealedCard card,
                    std::optional<base::SecretBytes> code, base::Done<ForwardOutcome> done) = 0;
};

}  // namespace obolus::app
