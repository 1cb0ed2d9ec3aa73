// A store that is down when a test says so: it answers kUnavailable and does not run the body.
// Everything else goes through to the store behind it. Any thread.
#pragma once

#include <atomic>
#include <utility>

#include "app/ports/store.h"

namespace obolus::testing {

class FaultyStore final : public app::Store {
 public:
  explicit FaultyStore(app::Store& inner) : inner_(inner) {}

  void FailNext(int count) { failures_ = count; }  // transactions, not reads

  void Transact(Body body, std::move_only_function<void(base::Status)> done) override {
    if (failures_ > 0) {
      --failures_;
      return done(base::Fail(base::ErrorCode::kUnavailable, "the disk is full"));
    }
    inner_.Transact(std::move(body), std::move(done));
  }
  void Read(Body body, std::move_only_function<void(base::Status)> done) override {
    inner_.Read(std::move(body), std::move(done));
  }
  void OnCommit(Listener listener) override { inner_.OnCommit(std::move(listener)); }
  base::Status CheckHealth() override { return inner_.CheckHealth(); }
  void Close() override { inner_.Close(); }

 private:
  app::Store& inner_;
  std::atomic<int> failures_ = 0;
};

}  // namespace obolus::testing
