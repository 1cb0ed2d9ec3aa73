// The bank's record of one challenge, and the EMV 3DS 2.x messages about it: the CReq that the
// processor hands out and the CRes that the browser carries back, rightly or as the challenge's
// behaviour has it. The record is what counts; a CRes is only what a browser says. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "sandbox/acs_behaviours.h"

namespace obolus::sandbox {

struct AcsRecord {
  std::string acs_trans_id;
  std::string server_trans_id;
  std::string notification_url;  // the card session's tds_return_url
  std::string payment_id;
  std::string merchant;
  std::string amount;                         // for people: "42.00 EUR"
  const AcsBehaviour* behaviour = nullptr;    // null: the shopper chooses
  std::optional<base::Timestamp> expires_at;  // of the 3DS session, once it is open
  std::optional<AcsDecision> decision;
};

// EMV 3DS 2.x challenge request, JSON in base64url (EMV 3DS 2.3.1 §6.2.4).
std::string MakeCReq(const AcsRecord& record);

// The CRes of that decision as a bank posts it that keeps to EMV 3DS.
std::string MakeCRes(const AcsRecord& record, AcsDecision decision);

// The CRes of that decision as the record's behaviour makes it; MakeCRes without one.
std::string MakePlayedCRes(const AcsRecord& record, AcsDecision decision);

// What the bank gives back for the threeDSSessionData that it was given.
std::string PlayedSessionData(const AcsRecord& record, const std::string& given);

// The session data of a processor that knows no limit: 1,025 characters, EMV 3DS has 1,024.
std::string TooLongSessionData();

}  // namespace obolus::sandbox
