#include "contract/store_contract.h"

#include <cstdlib>
#include <filesystem>

namespace obolus::contract {
namespace {

using Call = void (app::Store::*)(app::Store::Body, std::move_only_function<void(base::Status)>);

base::Status Wait(app::Store& store, Call call, app::Store::Body body) {
  std::promise<base::Status> outcome;
  (store.*call)(std::move(body),
                [&outcome](base::Status status) { outcome.set_value(std::move(status)); });
  return outcome.get_future().get();
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  path_ = (std::filesystem::temp_directory_path() / "obolus-store-XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) std::abort();
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

base::Status Write(app::Store& store, app::Store::Body body) {
  return Wait(store, &app::Store::Transact, std::move(body));
}

base::Status ReadOnly(app::Store& store, app::Store::Body body) {
  return Wait(store, &app::Store::Read, std::move(body));
}

std::vector<app::OutboxEvent> StoreContract::Claim(base::Timestamp now, std::size_t limit) {
  return Claim({.now = now,
                .lease_until = now + std::chrono::seconds(60),
                .fresh_since = base::Timestamp::max(),
                .limit = limit,
                .backlog_limit = limit});
}

std::vector<app::OutboxEvent> StoreContract::Claim(const app::ClaimRequest& request) {
  std::vector<app::OutboxEvent> events;
  const base::Status claimed = Write([&](app::Transaction& tx) -> base::Status {
    auto due = tx.ClaimDueEvents(request);
    if (!due) return std::unexpected(due.error());
    events = *due;
    return {};
  });
  EXPECT_TRUE(claimed);
  return events;
}

std::size_t StoreContract::Purge(base::Timestamp now, base::Timestamp before, std::size_t limit) {
  std::size_t gone = 0;
  const base::Status purged = Write([&](app::Transaction& tx) -> base::Status {
    auto rows = tx.Purge(now, before, limit);
    if (!rows) return std::unexpected(rows.error());
    gone = *rows;
    return {};
  });
  EXPECT_TRUE(purged);
  return gone;
}

Blockade::Blockade(app::Store& store) {
  auto entered = std::make_shared<std::promise<void>>();
  auto ended = std::make_shared<std::promise<void>>();
  ended_ = ended->get_future();
  auto released = std::make_shared<std::shared_future<void>>(release_.get_future().share());
  auto first = std::make_shared<bool>(true);
  store.Transact(
      [entered, released, first](app::Transaction&) -> base::Status {
        if (std::exchange(*first, false)) entered->set_value();
        released->wait();
        return {};
      },
      [ended](base::Status) { ended->set_value(); });
  entered->get_future().wait();
}

Blockade::~Blockade() {
  Release();
}

void Blockade::Release() {
  if (std::exchange(released_, true)) return;
  release_.set_value();
  ended_.wait();
}

}  // namespace obolus::contract
