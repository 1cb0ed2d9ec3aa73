// What the contract suite cannot see: that a card which was deleted is nowhere in the file.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "contract/store_contract.h"
#include "storage/sqlite_store.h"

namespace obolus::storage {
namespace {

namespace fs = std::filesystem;

class SqliteCards : public ::testing::Test {
 protected:
  std::unique_ptr<SqliteStore> Open() const {
    SqliteOptions options;
    options.path = directory_.path() + "/obolus.db";
    return std::move(SqliteStore::Open(std::move(options)).value());
  }
  app::SealedCard CardWith(const std::string& wrapped_key, const base::Uuid& session_id) {
    app::SealedCard card = samples_.NewCard(session_id);
    card.wrapped_key = wrapped_key;
    return card;
  }
  // Of every file in the folder.
  std::string AllBytes() const {
    std::string bytes;
    for (const auto& entry : fs::directory_iterator(directory_.path())) {
      std::ifstream file(entry.path(), std::ios::binary);
      bytes.append(std::istreambuf_iterator<char>(file), {});
    }
    return bytes;
  }
  bool Holds(const std::string& text) const { return AllBytes().find(text) != std::string::npos; }

  contract::TemporaryDirectory directory_;
  contract::Samples samples_;
};

// Crypto-shredding: without its wrapped key a ciphertext is noise. Once the log is written back,
// and closing does so, nothing of the wrapped key is left, neither in free pages nor in gaps.
TEST_F(SqliteCards, OnceDeletedAreNowhereInTheFiles) {
  const std::string kept = "the wrapped key of a card that stays, 0123456789";
  const std::string dropped = "the wrapped key of a card that is dropped, 012345";
  const std::string expired = "the wrapped key of a card whose time is over, 012";
  const std::string rewrapped = "the wrapped key of a card under an older key, 012";
  auto store = Open();
  const auto write = [&](app::Store::Body body) {
    return contract::Write(*store, std::move(body));
  };
  const base::Uuid session = samples_.NewId();
  const base::Timestamp now = samples_.Now() + std::chrono::hours(2);
  std::vector<app::SealedCard> cards = {
      CardWith(kept, samples_.NewId()), CardWith(dropped, session),
      CardWith(expired, samples_.NewId()), CardWith(rewrapped, samples_.NewId())};
  for (auto& card : cards) {
    card.valid_until = card.wrapped_key == expired ? now : now + std::chrono::hours(1);
    ASSERT_TRUE(write([&](app::Transaction& tx) { return tx.InsertCard(card); }));
  }
  store.reset();
  for (const auto& text : {kept, dropped, expired, rewrapped}) EXPECT_TRUE(Holds(text)) << text;

  store = Open();
  ASSERT_TRUE(write([&](app::Transaction& tx) { return tx.DeleteCardsOf(session); }));
  ASSERT_TRUE(write([&](app::Transaction& tx) -> base::Status {
    const auto gone = tx.Purge(now, samples_.Now(), 10);
    if (!gone) return std::unexpected(gone.error());
    return {};
  }));
  app::SealedCard next = cards[3];
  next.wrapped_key = "the wrapped key under the newer key, 0123456789ab";
  ASSERT_TRUE(write([&](app::Transaction& tx) -> base::Status {
    const auto done = tx.RewrapCard(next, rewrapped);
    if (!done) return std::unexpected(done.error());
    return {};
  }));
  store.reset();
  EXPECT_TRUE(Holds(kept));
  EXPECT_TRUE(Holds(next.wrapped_key));
  for (const auto& text : {dropped, expired, rewrapped}) EXPECT_FALSE(Holds(text)) << text;
}

}  // namespace
}  // namespace obolus::storage
