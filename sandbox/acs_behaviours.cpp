#include "sandbox/acs_behaviours.h"

#include <algorithm>
#include <array>
#include <utility>

namespace obolus::sandbox {
namespace {

using enum PlayedBy;
using enum AcsMove;
using enum AcsDecision;
using enum AcsEnding;

// Long enough for a shopper to be seen waiting, and for a browser to do something meanwhile.
constexpr int kSlowly = 2500;

constexpr std::array kBehaviours = {
    // The answers of EMV 3DS.
    AcsBehaviour{"authenticated", "The bank knows the shopper: transStatus Y.", "4000030000001015",
                 kAcs, kAnswer, kPass, kPaid},
    AcsBehaviour{"not-authenticated", "The bank does not believe the shopper: transStatus N.",
                 "4000030000001023", kAcs, kAnswer, kFail, kFailed},
    AcsBehaviour{"unavailable", "The bank could not do its check: transStatus U.",
                 "4000030000001031", kAcs, kAnswer, kUnavailable, kFailed},
    AcsBehaviour{"attempted", "The bank vouches for the attempt: transStatus A.",
                 "4000030000001049", kAcs, kAnswer, kAttempted, kPaid},
    AcsBehaviour{"rejected", "The bank rejects the shopper: transStatus R.", "4000030000001056",
                 kAcs, kAnswer, kRejected, kFailed},
    AcsBehaviour{"challenge-again",
                 "The final CRes asks for a challenge, transStatus C: a protocol error.",
                 "4000030000001064", kAcs, kAnswer, kNotFinal, kFailed},
    AcsBehaviour{"cancel", "The shopper cancels at the bank: challengeCancel 01, transStatus N.",
                 "4000030000001072", kAcs, kAnswer, kCancel, kFailed},
    AcsBehaviour{"never-answers", "The bank's page leads nowhere, until the time is over.",
                 "4000030000001080", kAcs, kNeverAnswer, std::nullopt, kExpired},
    // What comes back.
    AcsBehaviour{"cres-twice", "The bank posts the same CRes twice.", "4000030000002013", kAcs,
                 kPostTwice, kPass, kPaid},
    AcsBehaviour{"cres-then-back", "After the CRes the shopper presses the browser's back button.",
                 "4000030000002021", kBrowser, kAnswer, kPass, kPaid, "05", kSlowly},
    AcsBehaviour{"other-ids", "The CRes says Y, with the ids of another shopper's challenge.",
                 "4000030000002039", kAcs, kOtherIds, kFail, kFailed},
    AcsBehaviour{"padded-cres", "The CRes has the padding that base64url leaves out.",
                 "4000030000002047", kAcs, kPadded, kPass, kPaid},
    AcsBehaviour{
        "oversized-cres",
        "The CRes says Y and is larger than any request that Obolus takes; the browser goes on "
        "without it.",
        "4000030000002054", kAcs, kOversized, kFail, kFailed},
    AcsBehaviour{"not-base64url-cres", "The CRes is no base64url at all.", "4000030000002062", kAcs,
                 kNotBase64Url, kPass, kPaid},
    AcsBehaviour{"wrong-version", "The CRes has a messageVersion that does not exist.",
                 "4000030000002070", kAcs, kWrongVersion, kPass, kPaid},
    AcsBehaviour{"session-data-grown",
                 "threeDSSessionData comes back with 1,025 characters, one more than EMV 3DS has.",
                 "4000030000002088", kAcs, kGrowSessionData, kPass, kPaid},
    AcsBehaviour{"cres-lies", "The CRes says Y, the bank's own record says N.", "4000030000002096",
                 kAcs, kSayPass, kFail, kFailed},
    // When it comes.
    AcsBehaviour{"session-data-too-long",
                 "The processor sends 1,025 characters of threeDSSessionData, which is refused.",
                 "4000030000003011", kProcessor, kLongSessionData, std::nullopt, kNotOpened},
    AcsBehaviour{"form-to-http",
                 "The bank's page is at an http address of another host, which is refused.",
                 "4000030000003029", kProcessor, kHttpAcs, std::nullopt, kNotOpened},
    AcsBehaviour{"cres-before-creq",
                 "The browser posts a CRes before it has been to the start page.",
                 "4000030000003037", kBrowser, kReturnFirst, std::nullopt, kFailed},
    AcsBehaviour{"after-void", "Commerce voids the payment, then the CRes comes.",
                 "4000030000003045", kAcs, kVoidFirst, kPass, kVoided},
    AcsBehaviour{"after-expiry", "The CRes comes five seconds after the session has expired.",
                 "4000030000003052", kAcs, kLongAfterExpiry, kPass, kExpired},
    AcsBehaviour{"second-before-expiry",
                 "The CRes comes a second before the time is over: at 9:59 of ten minutes.",
                 "4000030000003060", kAcs, kSecondBeforeExpiry, kPass, kPaid},
    AcsBehaviour{"second-after-expiry",
                 "The CRes comes a second after the time is over: at 10:01 of ten minutes.",
                 "4000030000003078", kAcs, kSecondAfterExpiry, kPass, kExpired},
    // Windows.
    AcsBehaviour{"frame-busting", "The bank's page wants to be the top page and tries to.",
                 "4000030000004019", kAcs, kBustFrame, kPass, kPaid},
    AcsBehaviour{"refuses-framing", "The bank's page may not be shown in a frame.",
                 "4000030000004027", kAcs, kRefuseFraming, kPass, kPaid},
    AcsBehaviour{"redirects-top", "The bank posts the CRes to the top page, out of its frame.",
                 "4000030000004035", kAcs, kReturnToTop, kPass, kPaid},
    AcsBehaviour{"javascript-off", "The shopper's browser runs no script: every step has a button.",
                 "4000030000004043", kBrowser, kAnswer, kPass, kPaid, "05", kSlowly},
    AcsBehaviour{"app-switch",
                 "The shopper is in the bank's app while the outcome comes: the tab is hidden.",
                 "4000030000004050", kBrowser, kAnswer, kPass, kPaid, "05", kSlowly},
    AcsBehaviour{"reload", "The shopper reloads the bank's page, and then the waiting page.",
                 "4000030000004068", kBrowser, kAsk, kPass, kPaid, "05", kSlowly},
    AcsBehaviour{"two-tabs", "The challenge is open in two tabs, and passed in both.",
                 "4000030000004076", kBrowser, kAsk, kPass, kPaid, "05", kSlowly},
    AcsBehaviour{"window-size-01", "The CReq asks for a window of 250 × 400.", "4000030000005016",
                 kAcs, kAsk, kPass, kPaid, "01"},
    AcsBehaviour{"window-size-02", "The CReq asks for a window of 390 × 400.", "4000030000005024",
                 kAcs, kAsk, kPass, kPaid, "02"},
    AcsBehaviour{"window-size-03", "The CReq asks for a window of 500 × 600.", "4000030000005032",
                 kAcs, kAsk, kPass, kPaid, "03"},
    AcsBehaviour{"window-size-04", "The CReq asks for a window of 600 × 400.", "4000030000005040",
                 kAcs, kAsk, kPass, kPaid, "04"},
    AcsBehaviour{"window-size-05", "The CReq asks for the whole screen.", "4000030000005057", kAcs,
                 kAsk, kPass, kPaid, "05"},
};

constexpr AcsOutcome kPaidOutcome{"paid", "TDSResult", "succeeded", "COMPLETED"};
constexpr AcsOutcome kFailedOutcome{"failed", "TDSResult", "failed", "FAILED"};
constexpr AcsOutcome kExpiredOutcome{"failed", "TDSResult", "expired", "FAILED"};
constexpr AcsOutcome kVoidedOutcome{"voided", "none", "voided", "VOIDED"};
constexpr AcsOutcome kNotOpenedOutcome{"failed", "none", "never opened", "FAILED"};

}  // namespace

std::optional<AcsDecision> ParseAcsDecision(std::string_view text) {
  if (text == "pass") return kPass;
  if (text == "fail") return kFail;
  if (text == "cancel") return kCancel;
  return std::nullopt;
}

std::span<const AcsBehaviour> AcsBehaviours() {
  return kBehaviours;
}

const AcsBehaviour* FindAcsBehaviour(std::string_view name) {
  const auto* found = std::ranges::find(kBehaviours, name, &AcsBehaviour::name);
  return found == kBehaviours.end() ? nullptr : found;
}

const AcsOutcome& OutcomeOf(AcsEnding ending) {
  switch (ending) {
    case kPaid:
      return kPaidOutcome;
    case AcsEnding::kFailed:
      return kFailedOutcome;
    case kExpired:
      return kExpiredOutcome;
    case kVoided:
      return kVoidedOutcome;
    case kNotOpened:
      return kNotOpenedOutcome;
  }
  std::unreachable();
}

std::string_view PlayerName(PlayedBy player) {
  switch (player) {
    case kAcs:
      return "bank";
    case kBrowser:
      return "browser";
    case kProcessor:
      return "processor";
  }
  std::unreachable();
}

std::string_view ClassifierOf(const std::optional<AcsDecision>& record) {
  if (!record) return "AUTHENTICATION_ABANDONED";
  switch (*record) {
    case kPass:
    case kAttempted:
      return "";
    case kFail:
      return "AUTHENTICATION_FAILED";
    case kCancel:
      return "AUTHENTICATION_CANCELLED";
    case kUnavailable:
      return "AUTHENTICATION_UNAVAILABLE";
    case kRejected:
      return "AUTHENTICATION_REJECTED";
    case kNotFinal:
      return "AUTHENTICATION_PROTOCOL_ERROR";
  }
  std::unreachable();
}

std::string ProcessorSays(const std::optional<AcsDecision>& record) {
  auto classifier = ClassifierOf(record);
  return classifier.empty() ? "SUCCESS" : "FAILED: " + std::string(classifier);
}

char TransStatusOf(AcsDecision decision) {
  switch (decision) {
    case kPass:
      return 'Y';
    case kFail:
    case kCancel:
      return 'N';
    case kUnavailable:
      return 'U';
    case kAttempted:
      return 'A';
    case kRejected:
      return 'R';
    case kNotFinal:
      return 'C';
  }
  std::unreachable();
}

}  // namespace obolus::sandbox
