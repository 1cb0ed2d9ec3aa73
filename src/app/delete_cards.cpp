#include "app/delete_cards.h"

#include <algorithm>
#include <array>

#include "base/log.h"

namespace obolus::app {
namespace {

constexpr std::size_t kAtOnce = 8;
constexpr base::Millis kLease{60'000};  // longer than the vault takes to answer
constexpr std::array<base::Millis, 5> kDelays = {base::Millis(1'000), base::Millis(5'000),
                                                 base::Millis(30'000), base::Millis(300'000),
                                                 base::Millis(3'600'000)};

using Claimed = std::pair<std::vector<CardDeletion>, DeletionCounts>;

}  // namespace

struct DeleteCards::State {
  State(const Services& s, Vault& v, base::Scheduler& on, base::Metrics& metrics, base::Millis each)
      : services(s),
        vault(v),
        scheduler(on),
        interval(each),
        deleted(Ended(metrics, "deleted")),
        failed(Ended(metrics, "failed")),
        given_up(Ended(metrics, "given_up")),
        waiting(metrics.AddGauge("obolus_card_deletions_waiting",
                                 "Cards that wait to be deleted from the remote vault.")),
        oldest(metrics.AddGauge("obolus_card_deletions_oldest_seconds",
                                "How long the one that waits longest has been of no use.")) {}

  static base::Counter Ended(base::Metrics& metrics, const char* outcome) {
    return metrics.AddCounter("obolus_card_deletions_total",
                              "Tries to delete a card from the remote vault, by outcome.",
                              {{"outcome", outcome}});
  }

  const Services& services;
  Vault& vault;
  base::Scheduler& scheduler;
  const base::Millis interval;
  const base::Counter deleted, failed, given_up;
  const base::Gauge waiting, oldest;
  std::atomic<bool> stopped = false;
};

DeleteCards::DeleteCards(const Services& services, Vault& vault, base::Scheduler& scheduler,
                         base::Metrics& metrics, base::Millis interval)
    : state_(std::make_shared<State>(services, vault, scheduler, metrics, interval)) {}

base::Millis DeleteCards::DelayAfter(int attempts) {
  const auto index = static_cast<std::size_t>(std::max(attempts, 1)) - 1;
  return kDelays.at(std::min(index, kDelays.size() - 1));
}

void DeleteCards::Start() {
  Loop(state_);
}

void DeleteCards::Stop() {
  state_->stopped = true;
}

void DeleteCards::Loop(const std::shared_ptr<State>& state) {
  if (state->stopped) return;
  Run(state, [state](const Result<std::size_t>& count) {
    const bool more = count && *count >= kAtOnce;
    state->scheduler.After(more ? base::Millis(10) : state->interval, [state] { Loop(state); });
  });
}

void DeleteCards::Round(base::Done<std::size_t> done) {
  Run(state_, std::move(done));
}

void DeleteCards::Run(const std::shared_ptr<State>& state, base::Done<std::size_t> done) {
  Transact<Claimed>(
      state->services.store,
      [now = state->services.clock.Now()](Transaction& tx) -> Result<Claimed> {
        auto due = tx.ClaimDeletions(now, now + kLease, kAtOnce);
        if (!due) return std::unexpected(due.error());
        const auto counts = tx.CountDeletions(now);
        if (!counts) return std::unexpected(counts.error());
        return Claimed{std::move(*due), *counts};
      },
      [state, done = std::move(done)](Result<Claimed> claimed) mutable {
        if (!claimed) return done(std::unexpected(claimed.error()));
        auto& [due, counts] = *claimed;
        state->waiting.Set(static_cast<double>(counts.waiting));
        const base::Timestamp now = state->services.clock.Now();
        const base::Millis age = counts.oldest ? now - *counts.oldest : base::Millis(0);
        state->oldest.Set(static_cast<double>(age.count()) / 1'000);
        if (due.empty()) return done(std::size_t{0});
        struct Batch {
          std::atomic<std::size_t> left;
          std::size_t count;
          base::Done<std::size_t> done;
        };
        auto batch = std::make_shared<Batch>(due.size(), due.size(), std::move(done));
        for (CardDeletion& deletion : due) {
          Delete(state, std::move(deletion), [batch] {
            if (--batch->left == 0) batch->done(batch->count);
          });
        }
      });
}

void DeleteCards::Delete(const std::shared_ptr<State>& state, CardDeletion deletion,
                         std::move_only_function<void()> done) {
  const std::string id = deletion.card_id;
  state->vault.Delete(id, [state, deletion = std::move(deletion),
                           done = std::move(done)](const Status& deleted) mutable {
    Settle(state, std::move(deletion), deleted, std::move(done));
  });
}

void DeleteCards::Settle(const std::shared_ptr<State>& state, CardDeletion deletion,
                         const Status& deleted, std::move_only_function<void()> done) {
  using base::Field;
  const base::Timestamp now = state->services.clock.Now();
  ++deletion.attempts;
  const bool is_hopeless = !deleted && (deleted.error().code == base::ErrorCode::kInvalid ||
                                        now - deletion.first_due_at >= kGiveUpAfter);
  if (deleted) {
    state->deleted.Add();
    state->services.audit.Record({.kind = domain::AuditKind::kCardDeleted,
                                  .actor = "obolus",
                                  .object = "card_session:" + deletion.card_id,
                                  .details = {{"vault", "remote"}}});
  } else {
    (is_hopeless ? state->given_up : state->failed).Add();
    base::Log(is_hopeless ? base::LogLevel::kError : base::LogLevel::kWarn,
              is_hopeless ? "card_deletion_given_up" : "card_deletion_failed",
              {{Field::kSessionId, base::ToString(deletion.session_id)},
               {Field::kAttempts, std::int64_t{deletion.attempts}},
               {Field::kErrorText, deleted.error().message}});
  }
  if (is_hopeless) {
    state->services.audit.Record({.kind = domain::AuditKind::kCardDeleted,
                                  .success = false,
                                  .actor = "obolus",
                                  .object = "card_session:" + deletion.card_id,
                                  .details = {{"vault", "remote"}, {"outcome", "given_up"}}});
  }
  const base::Millis said(deleted ? base::Millis(0)
                                  : deleted.error().retry_after.value_or(std::chrono::seconds(0)));
  deletion.due_at = now + std::max(DelayAfter(deletion.attempts), said);
  state->services.store.Transact(
      [deletion = std::move(deletion), ends = deleted || is_hopeless](Transaction& tx) {
        return ends ? tx.EndDeletion(deletion.card_id) : tx.SaveDeletion(deletion);
      },
      // What was not saved is claimed again when the lease is over; deleting twice does no harm.
      [done = std::move(done)](const Status&) mutable { done(); });
}

}  // namespace obolus::app
