#include "app/forward_card.h"

#include <algorithm>

#include "app/commit_decision.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using domain::AuditKind;

constexpr char kNote[] = "card_forwarded";
constexpr char kCodeDetail[] = "security_code";
constexpr char kCodeSent[] = "sent";

// One call on its way. Shared by the callbacks of its steps, which follow one another.
struct Run {
  const ForwardServices& with;
  ForwardCard command;
  base::Done<ForwardOutcome> done;
  std::unique_ptr<CardForwarder::Prepared> call{};
  SealedCard card{};
  std::optional<base::SecretBytes> code{};

  bool UsesCode() const { return call->UsesSecurityCode(); }
  bool CodesAreShared() const {
    const SecurityCodes* codes = with.services.codes;
    return codes != nullptr && codes->AreShared();
  }
};
using Shared = std::shared_ptr<Run>;

domain::AuditRecord RecordOf(const Run& run, AuditKind kind, bool success,
                             domain::Details details) {
  if (run.call) {
    details.insert(details.begin(), {{"destination", run.call->Destination()},
                                     {"method", run.call->Method()},
                                     {"fields", run.call->Fields()}});
  }
  return {.kind = kind,
          .success = success,
          .actor = run.command.actor,
          .origin = run.command.origin,
          .object = "card_session:" + run.command.card_id.substr(0, 64),
          .details = std::move(details)};
}

void Refuse(const Shared& run, base::Error error) {
  run->with.services.audit.Record(
      RecordOf(*run, AuditKind::kForwardRefused, false, {{"reason", error.message}}));
  run->done(std::unexpected(std::move(error)));
}

std::unexpected<base::Error> NoCode(bool was_used) {
  base::Error error{ErrorCode::kConflict,
                    was_used ? "the security code was used, and is used once"
                             : "the security code is not here: the process has restarted, another "
                               "replica has it, or its time is over",
                    {},
                    std::nullopt};
  error.extensions.emplace_back(kCodeWasUsed, was_used ? 1 : 0);
  return std::unexpected(std::move(error));
}

// Whoever sent it said so on the timeline, in the same commit, whichever replica that was.
Result<bool> CodeWasSent(Transaction& tx, const Uuid& session_id) {
  const auto timeline = tx.ListTimeline(session_id);
  if (!timeline) return std::unexpected(timeline.error());
  return std::ranges::any_of(*timeline, [](const domain::TimelineEntry& entry) {
    const std::pair<std::string, std::string> sent(kCodeDetail, kCodeSent);
    return entry.what == kNote && std::ranges::find(entry.details, sent) != entry.details.end();
  });
}

// The payment, if it still needs its card.
Result<domain::Session> PaymentOf(Transaction& tx, const SealedCard& card) {
  auto session = Load(tx, card.session_id);
  if (!session) return session;
  if (domain::NeedsCard(*session)) return session;
  return base::Fail(ErrorCode::kConflict, "the payment of this card is over");
}

Result<SealedCard> FindUsable(Transaction& tx, const Run& run, Timestamp now) {
  const auto id = base::ParseUuid(run.command.card_id);
  auto found = id ? tx.FindCard(*id) : Result<std::optional<SealedCard>>(std::nullopt);
  if (!found) return std::unexpected(found.error());
  if (!*found) {
    if (run.with.services.vault.IsRemote()) {
      return base::Fail(ErrorCode::kConflict,
                        "cards rest in Guardian here: ask its own forward call");
    }
    return base::Fail(ErrorCode::kNotFound, "no card has this id, or its payment is over");
  }
  if (now >= (*found)->valid_until) {
    return base::Fail(ErrorCode::kExpired, "the card's time in the vault is over");
  }
  const auto session = PaymentOf(tx, **found);
  if (!session) return std::unexpected(session.error());
  const SecurityCodes* codes = run.with.services.codes;
  if (run.UsesCode() && !run.CodesAreShared() && (codes == nullptr || !codes->HasCard(*id))) {
    const auto was_sent = CodeWasSent(tx, (*found)->session_id);
    if (!was_sent) return std::unexpected(was_sent.error());
    return NoCode(*was_sent);
  }
  return std::move(**found);
}

void Finish(const Shared& run, Result<ForwardOutcome> outcome) {
  if (!outcome) {
    const bool is_broken = outcome.error().code == ErrorCode::kMalformed;
    run->with.services.audit.Record(
        RecordOf(*run, is_broken ? AuditKind::kTamperSuspected : AuditKind::kForwardRefused, false,
                 {{"reason", outcome.error().message}}));
    if (is_broken) outcome.error().code = ErrorCode::kInternal;
    return run->done(std::move(outcome));
  }
  static constexpr const char* kOutcomes[] = {"answered", "not_sent", "unknown"};
  run->with.services.audit.Record(RecordOf(*run, AuditKind::kCardForwarded,
                                           outcome->kind == ForwardOutcome::Kind::kAnswered,
                                           {{"outcome", kOutcomes[static_cast<int>(outcome->kind)]},
                                            {"status", std::to_string(outcome->status)}}));
  run->done(std::move(outcome));
}

void Send(const Shared& run) {
  // Finish still names the call.
  struct Named final : CardForwarder::Prepared {
    explicit Named(const Prepared& call)
        : uses(call.UsesSecurityCode()),
          fields(call.Fields()),
          destination(call.Destination()),
          method(call.Method()) {}
    bool UsesSecurityCode() const override { return uses; }
    std::string Fields() const override { return fields; }
    std::string Destination() const override { return destination; }
    const std::string& Method() const override { return method; }
    bool uses;
    std::string fields, destination, method;
  };
  auto call = std::exchange(run->call, std::make_unique<Named>(*run->call));
  auto code = std::exchange(run->code, std::nullopt);
  run->with.forwarder.Send(
      std::move(call), run->card, std::move(code),
      [run](Result<ForwardOutcome> outcome) { Finish(run, std::move(outcome)); });
}

// The commit that says so comes before the card leaves, and takes a shared code with it.
void Take(const Shared& run) {
  using Code = std::optional<SealedCard>;
  const Timestamp now = run->with.services.clock.Now();
  Transact<Code>(
      run->with.services.store,
      [run, now](Transaction& tx) -> Result<Code> {
        const auto session = PaymentOf(tx, run->card);
        if (!session) return std::unexpected(session.error());
        Result<Code> code = Code();
        if (run->UsesCode() && run->CodesAreShared()) {
          code = tx.TakeCode(run->card.id);
          if (!code) return code;
          if (!*code) {
            const auto was_sent = CodeWasSent(tx, session->id);
            return was_sent ? Result<Code>(NoCode(*was_sent)) : std::unexpected(was_sent.error());
          }
        }
        const Occasion occasion{now,
                                run->command.cause,
                                {{"destination", run->call->Destination()},
                                 {kCodeDetail, run->UsesCode() ? kCodeSent : "not_asked_for"}}};
        if (auto noted = NoteOnTimeline(tx, *session, kNote, occasion); !noted) {
          return std::unexpected(noted.error());
        }
        return code;
      },
      [run](Result<Code> shared) {
        if (!shared) return Refuse(run, std::move(shared.error()));
        if (!run->UsesCode()) return Send(run);
        SecurityCodes& codes = *run->with.services.codes;
        if (*shared) {
          auto opened = codes.Open(**shared);
          if (!opened) return Refuse(run, std::move(NoCode(false).error()));
          run->code = std::move(*opened);
        } else {
          run->code = codes.Take(run->card.id);
        }
        if (!run->code) return Refuse(run, std::move(NoCode(true).error()));
        Send(run);
      });
}

// What cannot be recorded is not done.
void WriteAuditRecord(const Shared& run) {
  run->with.services.audit.RecordDurably(
      RecordOf(*run, AuditKind::kCardForwarded, true, {{"outcome", "begun"}}),
      [run](const Status& recorded) {
        if (recorded) return Take(run);
        Refuse(run, {ErrorCode::kUnavailable,
                     "the audit record cannot be written: nothing was sent",
                     {},
                     std::nullopt});
      });
}

}  // namespace

void Execute(const ForwardServices& with, ForwardCard command, base::Done<ForwardOutcome> done) {
  auto run = std::make_shared<Run>(with, std::move(command), std::move(done));
  const Timestamp now = with.services.clock.Now();
  if (const auto wait = with.limits.Admit(run->command.actor, run->command.card_id, now)) {
    return Refuse(run, {ErrorCode::kRateLimited, "too many forward calls", {}, *wait});
  }
  auto prepared = with.forwarder.Prepare(std::move(run->command.call));
  if (!prepared) return Refuse(run, std::move(prepared.error()));
  run->call = std::move(*prepared);
  Read<SealedCard>(
      with.services.store,
      [run, now](Transaction& tx) -> Result<SealedCard> { return FindUsable(tx, *run, now); },
      [run](Result<SealedCard> card) {
        if (!card) return Refuse(run, std::move(card.error()));
        run->card = std::move(*card);
        WriteAuditRecord(run);
      });
}

}  // namespace obolus::app
