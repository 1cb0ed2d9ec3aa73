#include "app/submit_card.h"

#include <algorithm>

#include "app/commit_decision.h"
#include "base/fault.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using domain::Session;

constexpr char kPayloadPointer[] = "/result/enc_payload";

// One submission on its way through the vault. Shared by the callbacks of its steps.
struct Submission {
  const Services& services;
  Uuid session_id;
  base::Sha256Digest digest;
  Timestamp now;
  Timestamp valid_until;
  domain::Cause cause;
  Visitor visitor;
  std::optional<domain::MaskedCard> masked;
  std::optional<std::string> shared_tag;  // the card still wants to be counted in the store
  base::Done<SessionView> done;
};
using Shared = std::shared_ptr<Submission>;

// Faults of the envelope and the card carry pointers into the plaintext; the caller knows the
// request.
base::Error Relocate(base::Error error) {
  for (auto& field : error.fields) field.pointer = kPayloadPointer + field.pointer;
  if (error.fields.empty() &&
      (error.code == ErrorCode::kMalformed || error.code == ErrorCode::kNotFound ||
       error.code == ErrorCode::kTooLarge)) {
    error.fields.push_back({kPayloadPointer, error.message});
    error.code = ErrorCode::kInvalid;
  }
  return error;
}

// The vault's word on a card that the shopper has replaced meanwhile: it must not end the waiting
// for the new one. That a replaced card was stored still counts.
bool IsOutdated(const Session& session, const Submission& submission,
                const domain::Command& command) {
  return session.state == domain::SessionState::kSubmitted &&
         session.submit_digest != submission.digest &&
         (std::holds_alternative<domain::RefuseCard>(command) ||
          std::holds_alternative<domain::GiveUpSubmission>(command));
}

// Of the steps of one submission the first that says that a card is there.
bool TakesTheCard(const domain::Command& command) {
  return std::holds_alternative<domain::SubmitCard>(command) ||
         std::holds_alternative<domain::AcceptCard>(command);
}

// What an accepted card leaves beside its session. Where it rests in a remote vault it is deleted
// there one day, so the intent to do so comes with it.
struct CardRows {
  std::optional<SealedCard> card;
  std::optional<SealedCard> code;
  std::optional<CardDeletion> deletion;
};

// Commerce's word may have come before the card; then it is of no use any more.
Status Insert(Transaction& tx, const CardRows& rows, bool is_needed, Timestamp now) {
  Status inserted;
  if (rows.deletion) {
    CardDeletion deletion = *rows.deletion;
    if (!is_needed) deletion.due_at = deletion.first_due_at = now;
    inserted = tx.ScheduleDeletion(deletion);
  }
  if (inserted && is_needed && rows.card) inserted = tx.InsertCard(*rows.card);
  if (inserted && is_needed && rows.code) inserted = tx.InsertCode(*rows.code);
  return inserted;
}

// Decides and commits one step, and answers with the state after it.
void Step(const Shared& submission, domain::Command command, CardRows rows,
          base::Done<SessionView> done) {
  Transact<SessionView>(
      submission->services.store,
      [submission, command = std::move(command),
       rows = std::move(rows)](Transaction& tx) -> Result<SessionView> {
        const Services& services = submission->services;
        auto session = Load(tx, submission->session_id);
        if (!session) return std::unexpected(session.error());
        if (IsOutdated(*session, *submission, command)) {
          return View(tx, services, std::move(*session), submission->now);
        }
        const std::int64_t before = session->version;
        if (submission->shared_tag && TakesTheCard(command)) {
          auto charged =
              services.card_testing->ChargeShared(tx, *submission->shared_tag, submission->now);
          if (!charged) return std::unexpected(charged.error());
        }
        auto next = Apply(tx, services, *session, command, {submission->now, submission->cause});
        if (!next) return std::unexpected(next.error());
        if (next->version != before) {
          auto kept = Insert(tx, rows, domain::NeedsCard(*next), submission->now);
          if (!kept) return std::unexpected(kept.error());
        }
        return View(tx, services, std::move(*next), submission->now);
      },
      std::move(done));
}

void AnswerRefused(const Shared& submission, const Session& session, base::Error error) {
  const domain::Policy& policy = submission->services.settings.policy;
  if (const auto left = domain::AttemptsLeft(session, policy)) {
    error.extensions.emplace_back("attempts_left", *left);
  }
  if (const auto left = domain::CoolDownLeft(session, policy, submission->now)) {
    error.extensions.emplace_back("retry_after", left->count());
  }
  submission->done(std::unexpected(std::move(error)));
}

// In the shape of a cool-down: nothing is counted.
void RefuseByLimit(const Shared& submission, const Session& session, base::Error error) {
  if (const auto left = domain::AttemptsLeft(session, submission->services.settings.policy)) {
    error.extensions.emplace_back("attempts_left", *left);
  }
  submission->done(std::unexpected(std::move(error)));
}

// Counts the attempt, then answers why the card was refused.
void Refuse(const Shared& submission, base::Error error, domain::RefuseCard how = {}) {
  Step(submission, how, {},
       [submission, error = std::move(error)](Result<SessionView> view) mutable {
         if (!view) return submission->done(std::move(view));
         AnswerRefused(submission, view->session, std::move(error));
       });
}

void NoteStored(const Submission& submission, const Session& session, const std::string& card_id,
                const std::string& provider) {
  if (!session.card_session || session.card_session->id != card_id) return;  // came too late
  submission.services.audit.Record(
      {.kind = domain::AuditKind::kCardStored,
       .actor = "shopper",
       .object = "card_session:" + card_id,
       .details = {{"session", ToString(session.id)},
                   {"provider", provider},
                   {"valid_until", base::FormatTime(session.card_session->valid_until)},
                   {"request_id", submission.cause.request_id}}});
}

// Another replica has counted the card too often: as refused as if it were by this one.
bool RefusedByShare(const Shared& submission, const Result<SessionView>& view) {
  return !view && submission->shared_tag && view.error().code == ErrorCode::kInvalid;
}

void Taken(const Shared& submission, Result<SessionView> view) {
  if (RefusedByShare(submission, view)) {
    return Refuse(submission, Relocate(std::move(view.error())), {.by_limit = true});
  }
  submission->done(std::move(view));
}

bool IsThisCard(const Session& session, const std::string& card_id) {
  return session.card_session && session.card_session->id == card_id;
}

// A card that the vault has stored and no session will know. Not when nobody knows how a commit
// ended: then the session may have it, or the shopper's next try gets it under the same key.
void DeleteUnwanted(const Shared& submission, const std::string& card_id,
                    const Result<SessionView>& view) {
  const bool is_known = view || view.error().code == ErrorCode::kConflict ||
                        view.error().code == ErrorCode::kExpired ||
                        view.error().code == ErrorCode::kNotFound;
  if (!is_known || (view && IsThisCard(view->session, card_id))) return;
  submission->services.store.Transact(
      [deletion = CardDeletion{.card_id = card_id,
                               .session_id = submission->session_id,
                               .due_at = submission->now,
                               .first_due_at = submission->now}](Transaction& tx) {
        return tx.ScheduleDeletion(deletion);
      },
      [](const Status&) {});
}

// The embedded vault's card ids are of ours.
Uuid CardUuid(const std::string& card_id) {
  return base::ParseUuid(card_id).value_or(Uuid{});
}

// The security code of a card that did not become its session's is of no use.
void DropUnwanted(const Services& services, const std::string& card_id,
                  const Result<SessionView>& view) {
  if (services.codes == nullptr) return;
  const bool is_wanted =
      view && IsThisCard(view->session, card_id) && domain::NeedsCard(view->session);
  if (!is_wanted) services.codes->DropCard(CardUuid(card_id));
}

void Accept(const Shared& submission, StoredCard stored, base::SecretBytes code) {
  const Services& services = submission->services;
  domain::CardSession card_session{
      .id = stored.id,
      .provider = stored.provider,
      .tds_return_url = services.settings.public_url + "/3ds/return/" +
                        services.keys.Make(KeyPurpose::kReturn, submission->session_id),
      .valid_until =
          std::min(submission->valid_until, stored.valid_until.value_or(submission->valid_until)),
      .card = *submission->masked,
  };
  CardRows rows{.card = std::move(stored.sealed), .code = {}, .deletion = {}};
  const bool is_remote = services.vault.IsRemote();
  if (is_remote) {
    rows.deletion = CardDeletion{.card_id = stored.id,
                                 .session_id = submission->session_id,
                                 .due_at = card_session.valid_until,
                                 .first_due_at = card_session.valid_until};
  } else if (services.codes != nullptr && !code.empty()) {
    // Before the commit: whoever hears of it may ask for the code at once.
    rows.code = services.codes->Keep(CardUuid(stored.id), submission->session_id, std::move(code));
  }
  Step(submission, domain::AcceptCard{std::move(card_session), submission->digest}, std::move(rows),
       [submission, is_remote, id = std::move(stored.id),
        provider = std::move(stored.provider)](Result<SessionView> view) {
         if (view) NoteStored(*submission, view->session, id, provider);
         if (is_remote) {
           DeleteUnwanted(submission, id, view);
         } else {
           DropUnwanted(submission->services, id, view);
         }
         Taken(submission, std::move(view));
       });
}

void AskVault(const Shared& submission, domain::Card card) {
  submission->masked = domain::Mask(card);
  Vault& vault = submission->services.vault;
  base::SecretBytes code;  // a remote vault keeps it with the card, the embedded one must not
  if (!vault.IsRemote()) code = std::move(card.security_code);
  vault.Keep(std::move(card), submission->session_id, submission->valid_until,
             base::EncodeHex(submission->digest),
             [submission, code = std::move(code)](Result<StoredCard> stored) mutable {
               if (stored) base::Reach(base::FaultPoint::kVaultAnswered);
               submission->now = submission->services.clock.Now();
               if (stored) return Accept(submission, std::move(*stored), std::move(code));
               CardTesting* limits = submission->services.card_testing;
               if (stored.error().code == ErrorCode::kInvalid) {
                 if (limits != nullptr) {
                   limits->VaultRefused(submission->session_id, submission->now);
                 }
                 return Refuse(submission, Relocate(std::move(stored.error())));
               }
               if (limits != nullptr) limits->Release(submission->session_id, submission->now);
               Step(submission, domain::GiveUpSubmission{}, {},
                    [submission, error = stored.error()](const Result<SessionView>&) mutable {
                      error.code = ErrorCode::kUnavailable;
                      submission->done(std::unexpected(std::move(error)));
                    });
             });
}

void Check(const Shared& submission, const Session& session, std::string_view enc_payload) {
  const Services& services = submission->services;
  auto entry = services.envelope.Open(enc_payload);
  if (!entry) return submission->done(std::unexpected(Relocate(std::move(entry.error()))));
  const domain::CardRules rules{session.allowed_networks, services.settings.co_badges};
  auto card = domain::CheckCard(std::move(*entry), rules, submission->now);
  if (!card) {
    base::Error error = Relocate(std::move(card.error()));
    if (services.card_testing != nullptr) {
      services.card_testing->CheckRefused(session, submission->visitor, submission->now);
    }
    if (services.settings.policy.count_typing_errors) return Refuse(submission, std::move(error));
    return AnswerRefused(submission, session, std::move(error));
  }
  if (services.card_testing != nullptr) {
    auto charged =
        services.card_testing->Charge(session, submission->visitor, *card, submission->now);
    if (!charged && charged.error().code == ErrorCode::kInvalid) {
      return Refuse(submission, Relocate(std::move(charged.error())), {.by_limit = true});
    }
    if (!charged) return RefuseByLimit(submission, session, std::move(charged.error()));
    submission->shared_tag = services.card_testing->SharedTag(*card);
  }
  if (!services.vault.IsRemote()) return AskVault(submission, std::move(*card));
  Step(submission,
       domain::SubmitCard{submission->digest, submission->now + services.settings.vault_lease}, {},
       [submission, card = std::move(*card)](Result<SessionView> view) mutable {
         if (!view) return Taken(submission, std::move(view));
         submission->shared_tag.reset();  // it is counted
         AskVault(submission, std::move(card));
       });
}

}  // namespace

void Execute(const Services& services, SubmitCardEntry command, base::Done<SessionView> done) {
  const auto id = services.keys.Open(KeyPurpose::kPayment, command.key);
  if (!id) return done(std::unexpected(id.error()));
  const Timestamp now = services.clock.Now();
  auto submission = std::make_shared<Submission>(
      services, *id, base::Sha256(base::AsBytes(command.enc_payload)), now,
      now + services.settings.card_valid_for, std::move(command.cause), std::move(command.visitor),
      std::nullopt, std::nullopt, std::move(done));
  // The state is looked at first, so that a session that has ended costs no decryption.
  Read<SessionView>(
      services.store,
      [submission](Transaction& tx) -> Result<SessionView> {
        auto session = Load(tx, submission->session_id);
        if (!session) return std::unexpected(session.error());
        return View(tx, submission->services, std::move(*session), submission->now);
      },
      [submission, command = std::move(command)](Result<SessionView> view) {
        if (!view) return submission->done(std::move(view));
        const domain::SubmitCard probe{submission->digest, submission->now};
        auto allowed = domain::Decide(view->session, probe, submission->services.settings.policy,
                                      submission->now);
        if (!allowed) return submission->done(std::unexpected(allowed.error()));
        if (!allowed->changed) return submission->done(std::move(view));
        if (CardTesting* limits = submission->services.card_testing; limits != nullptr) {
          auto admitted =
              limits->Admit(view->session, submission->visitor, command.work, submission->now);
          if (!admitted) return RefuseByLimit(submission, view->session, admitted.error());
        }
        Check(submission, view->session, command.enc_payload);
      });
}

}  // namespace obolus::app
