// What every use case is given: the ports, time, ids, and the settings that are decided by
// configuration. Made once by main/wiring and kept for the life of the process; use cases hold a
// reference. Everything in it is safe to use from any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "app/ports/audit_log.h"
#include "app/ports/envelope.h"
#include "app/ports/event_bridge.h"
#include "app/ports/security_codes.h"
#include "app/ports/store.h"
#include "app/ports/vault.h"
#include "app/session_feed.h"
#include "app/session_key.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/url.h"
#include "domain/co_badges.h"
#include "domain/session_machine.h"

namespace obolus::app {

struct Settings {
  std::string public_url;                    // the shopper listener's, without a trailing slash
  std::vector<std::string> default_origins;  // may embed the frame when a session names none
  base::HttpPolicy http_policy = base::HttpPolicy::kHttpsOnly;  // for URLs that Commerce gives us
  std::chrono::seconds payment_expires_in{900};
  std::chrono::seconds tds_expires_in{600};
  std::chrono::seconds confirm_wait{30};        // back from the issuer, before the way to the shop
  std::chrono::seconds card_valid_for{86'400};  // valid_until = now + this
  std::chrono::seconds keep_for{172'800};       // answers, received events, ended sessions
  base::Millis vault_lease{20'000};             // for a remote vault's answer
  bool terminal_id_in_tds_result = false;
  domain::Policy policy;
  domain::CoBadges co_badges;
};

class CardTesting;

struct Services {
  Store& store;
  Vault& vault;
  const Envelope& envelope;
  const SessionKeys& keys;
  SessionFeed& feed;
  const base::Clock& clock;
  base::IdSource& ids;
  AuditLog& audit;
  Settings settings;
  CardTesting* card_testing = nullptr;  // none: cards are not limited
  SecurityCodes* codes = nullptr;       // none: a security code is dropped when the card is kept
};

}  // namespace obolus::app
