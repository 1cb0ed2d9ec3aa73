#include "simulation/peers.h"

#include "base/crypto.h"

namespace obolus::simulation {
namespace {

using base::ErrorCode;
using base::Result;

// The first answer counts; later ones, and those after the time-out, find nobody.
template <class T>
std::function<void(T)> Once(std::move_only_function<void(T)> done) {
  auto waiting = std::make_shared<std::move_only_function<void(T)>>(std::move(done));
  return [waiting](T answer) {
    if (!*waiting) return;
    auto call = std::exchange(*waiting, nullptr);
    call(std::move(answer));
  };
}

app::Delivery NoAnswer() {
  return {app::Delivery::Outcome::kRetry, std::nullopt, "no answer"};
}

}  // namespace

void SimBridge::Deliver(const app::OutboxEvent& event,
                        std::move_only_function<void(app::Delivery)> done) {
  auto sent = std::make_shared<app::OutboxEvent>(event);
  if (event.attempts > 0 && stage_.mutant == Mutant::kEventRerendered) {
    sent->time += stage_.now;
  }
  if (event.attempts > 0 && stage_.mutant == Mutant::kEventIdNew) sent->id.bytes[15] ^= 1;
  const auto answer = Once<app::Delivery>(std::move(done));
  int copies = stage_.Strikes(FaultKind::kEventLost) ? 0 : 1;
  if (stage_.Strikes(FaultKind::kEventRepeated)) ++copies;
  for (; copies > 0; --copies) {
    Millis delay = stage_.Delay(1, 100);
    if (stage_.Strikes(FaultKind::kEventLate)) delay = stage_.Delay(5'000, 40'000);
    stage_.After(delay, kWorld, [&stage = stage_, owner = owner_, sent, answer] {
      auto delivery = stage.bridge_end(*sent);
      if (stage.Strikes(FaultKind::kBridgeSilent)) return;
      stage.After(stage.Delay(1, 100), owner,
                  [answer, delivery = std::move(delivery)] { answer(delivery); });
    });
  }
  stage_.After(kTimeout, owner_, [answer] { answer(NoAnswer()); });
}

void SimVault::Keep(domain::Card /*card*/, const Uuid& session_id, Timestamp valid_until,
                    std::string idempotency_key, base::Done<app::StoredCard> done) {
  if (IsRemote()) {
    return AskRemote(session_id, idempotency_key, Once<Result<app::StoredCard>>(std::move(done)));
  }
  if (stage_.Strikes(FaultKind::kVaultUnavailable)) {
    return done(base::Fail(ErrorCode::kUnavailable, "the vault is sealed"));
  }
  const Uuid id = ids_.NewUuid();
  done(app::StoredCard{base::ToString(id), "embedded",
                       app::SealedCard{id, session_id, "key", "wrapped", "sealed", valid_until}});
}

// A vault of its own: it has the card whether or not anybody hears of it, and a repetition under
// the same key gives the same card.
void SimVault::AskRemote(const Uuid& session_id, const std::string& idempotency_key,
                         const Answer& answer) {
  constexpr Millis kTimeout{60'000};  // of the connection; longer than the lease
  stage_.After(stage_.Delay(5, 400), kWorld,
               [&stage = stage_, owner = owner_, session_id, idempotency_key, answer] {
                 Result<app::StoredCard> stored =
                     base::Fail(ErrorCode::kUnavailable, "the vault is busy");
                 if (stage.Strikes(FaultKind::kVaultRefuses)) {
                   stored = base::Invalid("/account_number", "is refused");
                 } else if (!stage.Strikes(FaultKind::kVaultUnavailable)) {
                   const auto name = base::ToString(session_id) + idempotency_key;
                   const auto digest = base::Sha256(base::AsBytes(name));
                   const auto card_id = base::EncodeHex(base::ByteView(digest).first(16));
                   stage.auditor.Vaulted(session_id, card_id);
                   stored = app::StoredCard{card_id, "guardian", std::nullopt};
                 }
                 if (stage.Strikes(FaultKind::kVaultSilent)) return;
                 Millis delay = stage.Delay(5, 400);
                 if (stage.Strikes(FaultKind::kVaultLate)) delay = stage.Delay(5'000, 45'000);
                 stage.After(delay, owner, [answer, stored] { answer(stored); });
               });
  stage_.After(kTimeout, owner_,
               [answer] { answer(base::Fail(ErrorCode::kTimeout, "the vault is silent")); });
}

}  // namespace obolus::simulation
