// Wraps the keys of sealed cards anew under the key-encryption key in use, in the background: a few
// cards a transaction, in order of their ids, one old key after the other. What the cards' keys
// protect is not touched, and a card that was purged, or wrapped by another replica meanwhile, is
// left alone; so it may stop at any point and begin again. Owned by main; runs on the scheduler.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/ports/card_wrapping.h"
#include "app/ports/store.h"
#include "base/clock.h"

namespace obolus::app {

struct RewrapProgress {
  std::int64_t rewrapped = 0;  // since the start of the process
  std::int64_t failed = 0;     // cards that did not open, at the last full walk
  std::int64_t waiting = 0;    // under older keys, when last counted
  bool running = false;
};

class RewrapCards {
 public:
  struct Options {
    std::size_t batch = 64;  // one transaction must not hold up shoppers
    base::Millis pause{20};  // between two of them
    base::Millis look_every{60'000};
  };
  using Report = std::function<void(const RewrapProgress&)>;

  // All outlive this and what it has on the scheduler. `report` is called after each batch.
  RewrapCards(Store& store, const CardWrapping& wrapping, base::Scheduler& scheduler,
              Options options, Report report);
  ~RewrapCards();

  void Start();  // looks now, and every `look_every`
  void Wake();   // looks now: there is a new key. Any thread.
  void Stop();   // no new batch; one under way ends by itself

  RewrapProgress Progress() const;  // any thread

  // The steps of the walk, also for the command line without a server. The old keys that there are
  // cards under, with their numbers; read beside writes, as counting many takes a while.
  static void CountOld(Store& store, const CardWrapping& wrapping,
                       base::Done<std::vector<CardCount>> done);
  // The first `limit` cards under `key_id` behind `after`.
  struct Batch {
    std::int64_t rewrapped = 0;
    std::int64_t failed = 0;   // do not open; they stay as they are
    std::optional<Uuid> last;  // go on behind this one; nothing: there are no more
  };
  struct Place {
    std::string key_id;
    Uuid after;
  };
  static void RunBatch(Store& store, const CardWrapping& wrapping, const Place& from,
                       std::size_t limit, base::Done<Batch> done);

 private:
  struct State;
  static void Begin(const std::shared_ptr<State>& state);
  static void Round(const std::shared_ptr<State>& state);
  static void Finish(const std::shared_ptr<State>& state);
  static void Look(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace obolus::app
