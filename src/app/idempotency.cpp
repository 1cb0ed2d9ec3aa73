#include "app/idempotency.h"

#include "base/json.h"

namespace obolus::app {

Result<std::optional<AnsweredSession>> FindAnswered(Transaction& tx,
                                                    const IdempotencyClaim& claim) {
  auto found = tx.FindAnswer(claim.scope, claim.key);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  const IdempotentAnswer& answer = **found;
  if (answer.request_digest != claim.request_digest) {
    return base::Invalid("", "this idempotency key was used with another request body");
  }
  const auto reference = base::ParseJson(answer.body);
  if (!reference) return std::unexpected(reference.error());
  const auto id = base::ParseUuid(base::FindString(*reference, "/session").value_or(""));
  const auto* secret_id = base::FindPointer(*reference, "/secret");
  if (!id || secret_id == nullptr || !secret_id->is_int64()) {
    return base::Fail(base::ErrorCode::kUnavailable, "a kept answer cannot be read");
  }
  return AnsweredSession{*id, static_cast<std::uint8_t>(secret_id->get_int64())};
}

Status KeepAnswer(Transaction& tx, const IdempotencyClaim& claim, const AnsweredSession& answer,
                  Timestamp now) {
  return tx.InsertAnswer({
      .scope = claim.scope,
      .key = claim.key,
      .request_digest = claim.request_digest,
      .status = 201,
      .body = base::ToText({{"session", base::ToString(answer.session_id)},
                            {"secret", static_cast<std::int64_t>(answer.secret_id)}}),
      .created_at = now,
  });
}

}  // namespace obolus::app
