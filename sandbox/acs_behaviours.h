// What the sandbox's bank (ACS) can be told to do with a 3-D Secure challenge, good and bad, and
// how each of them must end: for the shopper, in events to Commerce, and in Obolus's session. One
// row is one behaviour, chosen by its test card, by name over /control/acs, or in a scenario; what
// the processor will say is a column of its own, for the browser's CRes is no verdict (EMV 3DS
// 2.3.1 §5.1). `obolus-sandbox acs --list` prints the table and tests hold every row to its ending.
// Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace obolus::sandbox {

// How a challenge ended by the bank's own record, which the processor reads.
enum class AcsDecision {
  kPass,         // transStatus Y
  kFail,         // N
  kCancel,       // N, challengeCancel 01
  kUnavailable,  // U
  kAttempted,    // A
  kRejected,     // R
  kNotFinal,     // C, which no final message may say: the processor sees a protocol error
};

// "pass", "fail" or "cancel": what a shopper can choose at the bank.
std::optional<AcsDecision> ParseAcsDecision(std::string_view text);

// Who does what is special about a behaviour.
enum class PlayedBy {
  kAcs,        // the bank's pages: chosen by card, it needs nobody else
  kBrowser,    // the shopper's browser, driven by a test or by a person
  kProcessor,  // it opens the challenge wrongly
};

// What is special. The bank answers at once unless the move says otherwise.
enum class AcsMove {
  kAnswer,
  kAsk,              // a page with a button comes first
  kNeverAnswer,      // a page without a way on
  kPostTwice,        // the CRes, and the same CRes again
  kOtherIds,         // a CRes with the ids of another challenge
  kPadded,           // base64url with "=" at its end
  kOversized,        // more than Obolus takes
  kNotBase64Url,     // characters of no alphabet
  kWrongVersion,     // messageVersion 9.9.9
  kGrowSessionData,  // threeDSSessionData comes back with 1,025 characters
  kSayPass,          // transStatus Y whatever the record says
  kReturnFirst,      // the browser posts a CRes before it has been to the start page
  kVoidFirst,        // Commerce voids the payment, then the CRes comes
  kSecondBeforeExpiry,
  kSecondAfterExpiry,
  kLongAfterExpiry,  // five seconds
  kBustFrame,        // the page makes itself the top page, if it is let
  kRefuseFraming,    // X-Frame-Options: DENY and frame-ancestors 'none'
  kReturnToTop,      // the CRes is posted to the top page
  kLongSessionData,  // the processor's challenge has 1,025 characters of session data
  kHttpAcs,          // the processor's challenge is at an http address of another host
};

// The endings there are; `OutcomeOf` spells them out.
enum class AcsEnding { kPaid, kFailed, kExpired, kVoided, kNotOpened };

struct AcsOutcome {
  std::string_view shopper_sees;  // in the shop, where every shopper ends
  std::string_view events;        // of Obolus about the challenge, to Commerce
  std::string_view session_end;   // docs/session-states.md
  std::string_view payment;       // Commerce's status
};

struct AcsBehaviour {
  std::string_view name;   // kebab-case
  std::string_view story;  // one sentence
  std::string_view card;   // test card number, of VISA
  PlayedBy played_by;
  AcsMove move;
  std::optional<AcsDecision> record;  // absent: the bank never came to a decision
  AcsEnding ending;
  std::string_view window_size = "05";  // challengeWindowSize of the CReq
  int confirm_after_ms = 0;             // Commerce asks the processor, who needs so long
};

std::span<const AcsBehaviour> AcsBehaviours();
// Null when there is none of that name.
const AcsBehaviour* FindAcsBehaviour(std::string_view name);
const AcsOutcome& OutcomeOf(AcsEnding ending);

// "bank", "browser", "processor".
std::string_view PlayerName(PlayedBy player);
// What the processor will say: "SUCCESS", or "FAILED: AUTHENTICATION_CANCELLED".
std::string ProcessorSays(const std::optional<AcsDecision>& record);
// The failure reason of a processor's record; "" when it is a success.
std::string_view ClassifierOf(const std::optional<AcsDecision>& record);
// The transStatus of that record: 'Y', 'N', ….
char TransStatusOf(AcsDecision decision);

}  // namespace obolus::sandbox
