// On every store: no sealed card and no security code outlives its use. Random histories of what
// shoppers, Commerce, the clock and the processor do, looked at after every step.
#include <random>
#include <thread>

#include "app/expire_sessions.h"
#include "app/forget_codes.h"
#include "app/open_session.h"
#include "app/receive_event.h"
#include "app/submit_card.h"
#include "contract/store_contract.h"
#include "support/fake_codes.h"
#include "support/fake_envelope.h"
#include "support/fake_vault.h"
#include "support/manual_clock.h"
#include "support/recording_audit_log.h"

namespace obolus::contract {
namespace {

using base::Millis;
using base::Uuid;
using testing::FakeCodes;

constexpr int kHistories = 12;
constexpr int kSteps = 25;

app::SessionKeys Keys() {
  std::vector<app::SessionKeySecret> secrets;
  secrets.push_back({1, base::SecretBytes(std::string_view("0123456789abcdef0123456789abcdef"))});
  return app::SessionKeys(std::move(secrets));
}

app::Settings SettingsOfTest() {
  app::Settings settings;
  settings.public_url = "https://pay.example";
  settings.card_valid_for = std::chrono::seconds(300);
  return settings;
}

class World {
 public:
  World(app::Store& store, bool shared, unsigned seed)
      : store_(store),
        random_(seed),
        services_{store, vault_, envelope_,        keys_,   feed_,  clock_,
                  ids_,  audit_, SettingsOfTest(), nullptr, &codes_} {
    codes_.shared = shared;
    store_.OnCommit(
        [this](const app::CommitNotice& notice) { app::ForgetCodes(services_, notice); });
  }
  // Closes the store: what it still does is about this.
  ~World() { store_.Close(); }

  void Step() {
    switch (std::uniform_int_distribution<>(0, 7)(random_)) {
      case 0:
        return Open();
      case 1:
      case 2:
      case 3:
        return Submit();
      case 4:
        return Hear();
      case 5:
        return TakeCode();
      case 6:
        clock_.Advance(Millis(std::uniform_int_distribution<>(0, 200'000)(random_)));
        return;
      default:
        return Sweep();
    }
  }

  // What is over leaves nothing; what is not has its card, once it was given.
  void Check() {
    for (const domain::Session& session : Sessions()) {
      const Uuid card_id = CardOf(session.id);
      const auto card = Find(store_, [&](app::Transaction& tx) { return tx.FindCard(card_id); });
      const bool is_needed = session.card_session && domain::NeedsCard(session);
      if (!is_needed) {
        EXPECT_EQ(card, std::nullopt) << "a card outlives its use";
        EXPECT_TRUE(codes_.shared || IsForgotten(session.id)) << "a security code outlives its use";
        EXPECT_FALSE(HasSharedCode(card_id)) << "a shared security code outlives its use";
      } else if (clock_.Now() < session.card_session->valid_until) {
        EXPECT_NE(card, std::nullopt) << "a card that is needed is gone";
        ++needed;
      }
    }
  }

  void CheckAfterTheEnd() {
    clock_.Advance(std::chrono::hours(1));
    Sweep();
    for (const Uuid& id : opened_) {
      const Uuid card_id = CardOf(id);
      EXPECT_EQ(Find(store_, [&](app::Transaction& tx) { return tx.FindCard(card_id); }),
                std::nullopt)
          << "a card outlives its time";
      EXPECT_FALSE(HasSharedCode(card_id)) << "a shared security code outlives its time";
    }
  }

  int needed = 0;

 private:
  template <class T, class F>
  void Wait(F&& start) {
    std::promise<void> promise;
    auto done = promise.get_future();
    start(base::Done<T>([&promise](const base::Result<T>&) { promise.set_value(); }));
    done.wait();
  }

  // As the fake vault makes it.
  static Uuid CardOf(Uuid id) {
    id.bytes[0] = 0xca;
    return id;
  }

  void Open() {
    std::promise<base::Result<app::OpenedSession>> promise;
    auto opened = promise.get_future();
    app::Execute(services_, app::OpenSession{}, [&](base::Result<app::OpenedSession> result) {
      promise.set_value(std::move(result));
    });
    opened_.push_back(opened.get().value().session.id);
  }
  const Uuid* Any() {
    if (opened_.empty()) return nullptr;
    return &opened_[std::uniform_int_distribution<std::size_t>(0, opened_.size() - 1)(random_)];
  }
  void Submit() {
    const Uuid* id = Any();
    if (id == nullptr) return Open();
    const std::string key = keys_.Make(app::KeyPurpose::kPayment, *id);
    Wait<app::SessionView>([&](auto done) {
      app::Execute(services_, app::SubmitCardEntry{key, "4242424242424242|7|2031|123"},
                   std::move(done));
    });
  }
  void Hear() {
    const Uuid* id = Any();
    if (id == nullptr) return;
    static constexpr const char* kStates[] = {"accepted", "authorized", "completed", "failed"};
    const int which = std::uniform_int_distribution<>(0, 4)(random_);
    base::json::object data = {{"terminal_id", base::ToString(*id)}};
    if (which < 4) data["state"] = kStates[which];
    app::CloudEvent event{"urn:commerce", base::ToString(ids_.NewUuid()),
                          which < 4 ? "StateChanged" : "SessionVoided", std::nullopt, data};
    Wait<app::Reception>(
        [&](auto done) { app::ReceiveEvent(services_, std::move(event), std::move(done)); });
  }
  void TakeCode() {
    const Uuid* id = Any();
    if (id == nullptr) return;
    if (!codes_.shared) static_cast<void>(codes_.Take(CardOf(*id)));
    EXPECT_TRUE(Write(store_, [&](app::Transaction& tx) -> base::Status {
      auto code = tx.TakeCode(CardOf(*id));
      return code ? base::Status{} : std::unexpected(code.error());
    }));
  }
  void Sweep() {
    Wait<app::ExpireSessions::Swept>(
        [&](auto done) { app::ExpireSessions::Sweep(services_, std::move(done)); });
  }
  std::vector<domain::Session> Sessions() {
    std::vector<domain::Session> sessions;
    for (const Uuid& id : opened_) {
      auto session = Find(store_, [&](app::Transaction& tx) { return tx.FindSession(id); });
      if (session) sessions.push_back(std::move(*session));
    }
    return sessions;
  }
  // The store says what changed after the commit, and is asked about it once more.
  bool IsForgotten(const Uuid& session_id) {
    for (int i = 0; i < 2'000 && codes_.HasSession(session_id); ++i) {
      std::this_thread::sleep_for(Millis(1));
    }
    return !codes_.HasSession(session_id);
  }
  // Takes it, so only where there must be none.
  bool HasSharedCode(const Uuid& card_id) {
    bool found = false;
    EXPECT_TRUE(Write(store_, [&](app::Transaction& tx) -> base::Status {
      auto code = tx.TakeCode(card_id);
      if (!code) return std::unexpected(code.error());
      found = code->has_value();
      return {};
    }));
    return found;
  }

  app::Store& store_;
  std::mt19937 random_;
  testing::ManualClock clock_;
  base::RandomIdSource ids_;
  testing::FakeVault vault_;
  testing::FakeEnvelope envelope_;
  app::SessionKeys keys_ = Keys();
  app::SessionFeed feed_;
  testing::RecordingAuditLog audit_;
  FakeCodes codes_;
  app::Services services_;
  std::vector<Uuid> opened_;
};

TEST_P(StoreContract, NoCardAndNoSecurityCodeOutlivesItsUse) {
  int needed = 0;
  for (const bool shared : {false, true}) {
    if (shared && GetParam().name == "Sqlite") continue;  // it takes none
    for (unsigned seed = 1; seed <= kHistories; ++seed) {
      Open();  // first: a world closes its store when it goes
      World world(*store_, shared, seed);
      for (int step = 0; step < kSteps; ++step) {
        world.Step();
        world.Check();
        if (HasFailure()) FAIL() << "seed " << seed << ", step " << step;
      }
      world.CheckAfterTheEnd();
      needed += world.needed;
    }
  }
  EXPECT_GT(needed, 100) << "or the histories have no cards";
}

}  // namespace
}  // namespace obolus::contract
