// A vault without cryptography. Local: keeps the card before Keep returns, as the embedded one
// does. Remote: holds every call until the test answers it, so that a test can crash, cancel or
// wait between the two transactions. Calls come from store threads, answers from the test's.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "app/ports/vault.h"

namespace obolus::testing {

class FakeVault final : public app::Vault {
 public:
  struct Call {
    std::string account_number;
    base::Uuid session_id;
    base::Timestamp valid_until;
    std::string idempotency_key;
    base::Done<app::StoredCard> done;
  };

  explicit FakeVault(bool remote = false) : remote_(remote) {}

  bool IsRemote() const override { return remote_; }

  void Keep(domain::Card card, const base::Uuid& session_id, base::Timestamp valid_until,
            std::string idempotency_key, base::Done<app::StoredCard> done) override {
    if (!remote_) return done(Sealed(session_id, valid_until));
    const std::lock_guard lock(mutex_);
    calls_.push_back({std::string(card.account_number.text()), session_id, valid_until,
                      std::move(idempotency_key), std::move(done)});
    called_.notify_all();
  }

  void Delete(const std::string& card_id,
              std::move_only_function<void(base::Status)> done) override {
    {
      const std::lock_guard lock(mutex_);
      deleted_.push_back(card_id);
    }
    done({});
  }

  std::vector<std::string> deleted() const {
    const std::lock_guard lock(mutex_);
    return deleted_;
  }

  // The oldest call that was not taken yet; one without `done` when none comes in time.
  Call Take() {
    std::unique_lock lock(mutex_);
    if (!called_.wait_for(lock, std::chrono::seconds(10), [this] { return !calls_.empty(); })) {
      return {};
    }
    Call call = std::move(calls_.front());
    calls_.erase(calls_.begin());
    return call;
  }

  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return calls_.size();
  }

 private:
  static app::StoredCard Sealed(const base::Uuid& session_id, base::Timestamp valid_until) {
    base::Uuid id = session_id;
    id.bytes[0] = 0xca;
    return {base::ToString(id), "embedded",
            app::SealedCard{id, session_id, "key", "wrapped", "sealed", valid_until}};
  }

  const bool remote_;
  mutable std::mutex mutex_;
  std::condition_variable called_;
  std::vector<Call> calls_;
  std::vector<std::string> deleted_;
};

}  // namespace obolus::testing
