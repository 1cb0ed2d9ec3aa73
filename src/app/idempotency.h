// Replays of a request under the same idempotency key (contract §1.4; IETF
// draft-ietf-httpapi-idempotency-key-header). The answer is kept as a reference (status, session,
// server key), not as bytes, because the bytes hold a session key; rendering the same reference
// gives the same bytes. Called inside a store transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/ports/store.h"

namespace obolus::app {

struct IdempotencyClaim {
  std::string scope;  // the caller and the route
  std::string key;    // at most 255 characters
  base::Sha256Digest request_digest{};
};

struct AnsweredSession {
  Uuid session_id;
  std::uint8_t secret_id = 0;  // of app/session_key
};

// The session that was answered under this claim before, if any. kInvalid with pointer "": the key
// was used for another body.
Result<std::optional<AnsweredSession>> FindAnswered(Transaction& tx, const IdempotencyClaim& claim);

// Keeps the answer. kConflict: someone was quicker.
Status KeepAnswer(Transaction& tx, const IdempotencyClaim& claim, const AnsweredSession& answer,
                  Timestamp now);

}  // namespace obolus::app
