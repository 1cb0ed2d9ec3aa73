// One suite that holds every store to app/ports/store.h. A store joins by instantiating the
// fixtures with a `StoreBackend` (store_contract_test.cpp, postgres_contract_test.cpp):
// StoreContract for what each promises, DurableStoreContract for what only those promise that
// outlive the process, ExclusiveStoreContract for those that one process has to itself.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <ostream>
#include <string>

#include "app/ports/store.h"
#include "contract/session_samples.h"

namespace obolus::contract {

struct StoreBackend {
  std::string name;
  // Opens the store that lives in `directory`, with room for `max_queued` waiting jobs.
  std::function<base::Result<std::unique_ptr<app::Store>>(const std::string& directory,
                                                          std::size_t max_queued)>
      open;
};
inline std::ostream& operator<<(std::ostream& out, const StoreBackend& backend) {
  return out << backend.name;
}

// A directory that goes with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The calls of a store, waited for.
base::Status Write(app::Store& store, app::Store::Body body);
base::Status ReadOnly(app::Store& store, app::Store::Body body);

// What `f(Transaction&)` finds in a Read.
template <class F>
auto Find(app::Store& store, F f) {
  std::invoke_result_t<F&, app::Transaction&> found;
  const base::Status status = ReadOnly(store, [&](app::Transaction& tx) -> base::Status {
    found = f(tx);
    if (!found) return std::unexpected(found.error());
    return {};
  });
  EXPECT_TRUE(status) << status.error().message;
  return std::move(found).value();
}

inline bool FailsWith(const base::Status& status, base::ErrorCode code) {
  return !status && status.error().code == code;
}

class StoreContract : public ::testing::TestWithParam<StoreBackend> {
 protected:
  static constexpr std::size_t kMaxQueued = 1024;

  void SetUp() override { Open(); }
  void Open() {
    store_.reset();
    auto opened = GetParam().open(directory_.path(), kMaxQueued);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  base::Status Write(app::Store::Body body) { return contract::Write(*store_, std::move(body)); }
  template <class F>
  auto Find(F f) {
    return contract::Find(*store_, std::move(f));
  }
  base::Status Insert(const domain::Session& session) {
    return Write([&](app::Transaction& tx) { return tx.InsertSession(session); });
  }
  base::Status Save(const domain::Session& session, bool entered = true) {
    return Write([&](app::Transaction& tx) { return tx.SaveSession(session, entered); });
  }
  base::Status Insert(const app::OutboxEvent& event) {
    return Write([&](app::Transaction& tx) { return tx.InsertEvent(event); });
  }
  // As whoever claimed it last would.
  base::Status Save(app::OutboxEvent event) {
    return Write([&](app::Transaction& tx) -> base::Status {
      auto stored = tx.FindEvent(event.id);
      if (!stored) return std::unexpected(stored.error());
      if (*stored) event.lease = (*stored)->lease;
      return tx.SaveDelivery(event);
    });
  }
  base::Status SaveUnderItsLease(const app::OutboxEvent& event) {
    return Write([&](app::Transaction& tx) { return tx.SaveDelivery(event); });
  }
  std::optional<domain::Session> Session(const base::Uuid& id) {
    return Find([&](app::Transaction& tx) { return tx.FindSession(id); });
  }
  std::vector<app::OutboxEvent> Claim(base::Timestamp now, std::size_t limit = 100);
  std::vector<app::OutboxEvent> Claim(const app::ClaimRequest& request);
  std::size_t Purge(base::Timestamp now, base::Timestamp before, std::size_t limit = 100);

  TemporaryDirectory directory_;
  Samples samples_;
  std::unique_ptr<app::Store> store_;
};

class DurableStoreContract : public StoreContract {};
class ExclusiveStoreContract : public StoreContract {};

// Holds the store's writer until it is released, so that what is queued meanwhile forms one batch.
class Blockade {
 public:
  explicit Blockade(app::Store& store);
  ~Blockade();
  void Release();

 private:
  std::promise<void> release_;
  std::future<void> ended_;
  bool released_ = false;
};

}  // namespace obolus::contract
