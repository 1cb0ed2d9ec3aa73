// The bytes that Guardian, Hellgate's vault, and we exchange (contract §5): a card becomes the body
// of POST /api/pci/tokens, an answer becomes one of the few things that can be done about it. Pure.
// An answer is believed only when it names a token and the number it stands for. Called by
// vault/guardian_vault.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "base/secret.h"
#include "domain/card.h"
#include "net/http_message.h"

namespace obolus::vault {

inline constexpr char kGuardianTokensPath[] = "/api/pci/tokens";

// {"source": {"type": "pan", …}, "metadata": {"session_id"}}. The same card and session give the
// same bytes, as an idempotency key demands.
base::SecretBytes TokenRequest(const domain::Card& card, const base::Uuid& session_id);

// What the stored card must be known by.
struct CardMark {
  std::string first_six;
  std::string last_four;
};
CardMark MarkOf(const domain::Card& card);

struct TokenReply {
  enum class Kind : std::uint8_t {
    kStored,
    kRefused,     // 400, 402, 422: this card will not be taken
    kBusy,        // 409, 425, 429: it lives, and another attempt may go well
    kFailed,      // 408, 5xx, or no answer: the same, but it may have stored the card
    kDenied,      // 401, 403: our key or certificate is wrong
    kNoGuardian,  // anything else: whoever answers there, it is not what we were told
  };
  Kind kind = Kind::kFailed;
  std::string id{};                             // kStored: letters, digits and "._~-" only
  std::optional<base::Timestamp> expires_at{};  // kStored
  std::optional<base::Millis> retry_after{};    // kBusy, kFailed
  bool timed_out = false;                       // kFailed
  int status = 0;                               // 0: no answer
  std::string detail{};  // for the log; holds nothing that the other side wrote
};

// Wipes the body, which may repeat what was sent.
TokenReply ReadTokenReply(base::Result<net::HttpResponse> response, const CardMark& mark);

// Of DELETE /api/pci/tokens/{id}. Done when it is gone, by whomever. kUnauthorized, kTimeout,
// kUnavailable.
base::Status ReadDeletionReply(const base::Result<net::HttpResponse>& response);

// 1 to 128 letters, digits and "._~-", and not "." or "..": it stands in paths and events.
bool IsTokenId(std::string_view text);

}  // namespace obolus::vault
