#include "app/rewrap_cards.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/log.h"

namespace obolus::app {
namespace {

Result<RewrapCards::Batch> RewrapSome(Transaction& tx, const CardWrapping& wrapping,
                                      const RewrapCards::Place& from, std::size_t limit) {
  RewrapCards::Batch batch;
  if (from.key_id == wrapping.NewestKeyId()) return batch;
  const auto cards = tx.FindCardsUnder(from.key_id, from.after, limit);
  if (!cards) return std::unexpected(cards.error());
  for (const SealedCard& card : *cards) {
    const auto rewrapped = wrapping.Rewrap(card);
    if (!rewrapped) {
      ++batch.failed;
      continue;
    }
    const auto written = tx.RewrapCard(*rewrapped, card.wrapped_key);
    if (!written) return std::unexpected(written.error());
    batch.rewrapped += *written ? 1 : 0;
  }
  if (cards->size() == limit) batch.last = cards->back().id;
  return batch;
}

void LogFailure(const base::Error& error) {
  base::Log(base::LogLevel::kWarn, "rewrap_failed", {{base::Field::kErrorText, error.message}});
}

}  // namespace

struct RewrapCards::State {
  Store& store;
  const CardWrapping& wrapping;
  base::Scheduler& scheduler;
  Options options;
  Report report;
  std::mutex mutex{};
  RewrapProgress progress{};
  std::vector<std::string> keys{};  // still to walk, the last one first
  Uuid after{};                     // within that one
  std::int64_t failed = 0;          // in this walk, so far
  bool again = false;               // woken during a walk
  bool stopped = false;
};

RewrapCards::RewrapCards(Store& store, const CardWrapping& wrapping, base::Scheduler& scheduler,
                         Options options, Report report)
    : state_(std::make_shared<State>(store, wrapping, scheduler, options, std::move(report))) {}

RewrapCards::~RewrapCards() {
  Stop();
}

void RewrapCards::Start() {
  Look(state_);
}

void RewrapCards::Wake() {
  Begin(state_);
}

void RewrapCards::Stop() {
  const std::lock_guard lock(state_->mutex);
  state_->stopped = true;
}

RewrapProgress RewrapCards::Progress() const {
  const std::lock_guard lock(state_->mutex);
  return state_->progress;
}

void RewrapCards::CountOld(Store& store, const CardWrapping& wrapping,
                           base::Done<std::vector<CardCount>> done) {
  Read<std::vector<CardCount>>(
      store,
      [&wrapping](Transaction& tx) -> Result<std::vector<CardCount>> {
        auto counts = tx.CountCards();
        if (!counts) return counts;
        std::erase_if(*counts, [newest = wrapping.NewestKeyId()](const CardCount& count) {
          return count.key_id == newest;
        });
        return counts;
      },
      std::move(done));
}

void RewrapCards::RunBatch(Store& store, const CardWrapping& wrapping, const Place& from,
                           std::size_t limit, base::Done<Batch> done) {
  Transact<Batch>(
      store,
      [&wrapping, from, limit](Transaction& tx) { return RewrapSome(tx, wrapping, from, limit); },
      std::move(done));
}

void RewrapCards::Look(const std::shared_ptr<State>& state) {
  {
    const std::lock_guard lock(state->mutex);
    if (state->stopped) return;
  }
  Begin(state);
  state->scheduler.After(state->options.look_every, [state] { Look(state); });
}

void RewrapCards::Begin(const std::shared_ptr<State>& state) {
  {
    const std::lock_guard lock(state->mutex);
    if (state->stopped) return;
    if (std::exchange(state->progress.running, true)) {
      state->again = true;
      return;
    }
  }
  CountOld(state->store, state->wrapping, [state](const Result<std::vector<CardCount>>& counts) {
    {
      const std::lock_guard lock(state->mutex);
      state->keys.clear();
      state->after = {};
      state->failed = 0;
      if (counts) {
        state->progress.waiting = 0;
        for (const CardCount& count : *counts) {
          state->keys.push_back(count.key_id);
          state->progress.waiting += count.cards;
        }
      }
    }
    if (!counts) LogFailure(counts.error());
    Round(state);
  });
}

void RewrapCards::Round(const std::shared_ptr<State>& state) {
  Place from;
  {
    const std::lock_guard lock(state->mutex);
    if (state->stopped) return;
    if (!state->keys.empty()) from = {state->keys.back(), state->after};
  }
  if (from.key_id.empty()) return Finish(state);
  RunBatch(state->store, state->wrapping, from, state->options.batch,
           [state](const Result<Batch>& batch) {
             RewrapProgress progress;
             {
               const std::lock_guard lock(state->mutex);
               if (batch) {
                 state->progress.rewrapped += batch->rewrapped;
                 // More may have come since they were counted.
                 state->progress.waiting =
                     std::max<std::int64_t>(0, state->progress.waiting - batch->rewrapped);
                 state->failed += batch->failed;
                 state->after = batch->last.value_or(Uuid{});
                 if (!batch->last) state->keys.pop_back();
               } else {
                 state->keys.clear();  // the next look begins anew
               }
               progress = state->progress;
             }
             if (!batch) LogFailure(batch.error());
             if (state->report) state->report(progress);
             state->scheduler.After(state->options.pause, [state] { Round(state); });
           });
}

void RewrapCards::Finish(const std::shared_ptr<State>& state) {
  RewrapProgress progress;
  bool again = false;
  {
    const std::lock_guard lock(state->mutex);
    state->progress.failed = state->failed;
    state->progress.running = false;
    again = std::exchange(state->again, false);
    progress = state->progress;
  }
  if (state->report) state->report(progress);
  if (again) Begin(state);
}

}  // namespace obolus::app
