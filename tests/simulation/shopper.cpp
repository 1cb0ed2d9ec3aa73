#include "app/cancel_session.h"
#include "app/return_from_challenge.h"
#include "app/start_challenge.h"
#include "app/submit_card.h"
#include "simulation/payers.h"

namespace obolus::simulation {
namespace {

using domain::SessionKind;
using domain::SessionState;

constexpr std::array<const char*, 5> kCards = {
    "4242424242424242|7|2031|123", "4242424242424242|7|2031|123", "5555555555554444|7|2031|123",
    "4242424242424241|7|2031|123",  // the Luhn digit is wrong
    "this is no envelope"};

// What the use cases have in common, under one name.
void Run(Process& process, const app::SubmitCardEntry& command, base::Done<app::SessionView> done) {
  app::Execute(process.services(), command, std::move(done));
}
void Run(Process& process, const app::CancelSession& command, base::Done<app::SessionView> done) {
  app::Execute(process.services(), command, std::move(done));
}
void Run(Process& process, const app::StartChallenge& command, base::Done<app::SessionView> done) {
  app::Execute(process.services(), command, std::move(done));
}
void Run(Process& process, const app::ReturnFromChallenge& command,
         base::Done<app::SessionView> done) {
  app::Execute(process.services(), command, std::move(done));
}
struct Look {
  std::string key;
};
void Run(Process& process, const Look& command, base::Done<app::SessionView> done) {
  app::ShowSession(process.services(), command.key, std::move(done));
}

}  // namespace

template <class Command>
void Payers::Ask(Side& side, std::string_view what, Command command) {
  ++busy_;
  Exchange<app::SessionView> exchange;
  exchange.what = what;
  exchange.run = [command](Process& process, base::Done<app::SessionView> done) {
    Run(process, command, std::move(done));
  };
  exchange.leaves = [this](const base::Result<app::SessionView>& view) {
    if (view) stage_.auditor.Shown(view->session);
  };
  exchange.answered = [this, &side, what](const base::Result<app::SessionView>& view) {
    --busy_;
    if (view) Seen(side, what, *view);
  };
  world_.Send(std::move(exchange));
}

// Rows of the table that store nothing are seen here only: the answer is what it was before.
void Payers::Seen(Side& side, std::string_view what, const app::SessionView& view) {
  if (view.session.kind != side.last.kind) return;  // "ret_" without a challenge
  const bool same = view.session == side.last && !view.IsExpired();
  const auto trigger =
      what == "start" ? domain::Trigger::kStartChallenge : domain::Trigger::kReturn;
  if (same && (what == "start" || what == "return")) {
    const auto* row = domain::FindTransition(SessionKind::kTds, side.last.state, trigger);
    if (row != nullptr && row->from == row->to) stage_.coverage.CountRow(*row);
  }
  if (view.session.version > side.last.version) side.last = view.session;
}

void Payers::Arrived(Journey& journey, Side& side) {
  side.steps_left = static_cast<int>(stage_.random.Between(0, 12));
  Later(100, 5'000, [this, &journey, &side] { Step(journey, side); });
  if (!stage_.random.Chance(300)) return;
  // An open page: it looks whenever its process hears of a change.
  Exchange<bool> watch;
  watch.what = "watch";
  watch.run = [this, &side](Process& process, base::Done<bool> done) {
    process.Keep(process.feed().Subscribe(side.last.id, [this, &side] {
      Later(0, 50, [this, &side] { Ask(side, "show", Look{side.key}); });
    }));
    done(true);
  };
  watch.leaves = watch.answered = [](const auto&) {};
  world_.Send(std::move(watch));
}

void Payers::Step(Journey& journey, Side& side) {
  const bool payment = side.last.kind == SessionKind::kPayment;
  if (domain::IsEnd(side.last.kind, side.last.state) || side.steps_left-- <= 0) return;
  if (stage_.random.Chance(800)) {
    if (payment) {
      PayStep(journey);
    } else {
      TdsStep(journey);
    }
  }
  Later(200, stage_.random.Chance(500) ? 3'000 : 20'000,
        [this, &journey, &side] { Step(journey, side); });
}

void Payers::PayStep(Journey& journey) {
  Side& side = journey.payment;
  const auto choice = stage_.random.Below(100);
  if (choice < 25) return Ask(side, "show", Look{side.key});
  if (choice < 30) return Ask(side, "cancel", app::CancelSession{side.key});
  Ask(side, "submit", app::SubmitCardEntry{side.key, stage_.random.Pick(kCards)});
}

void Payers::TdsStep(Journey& journey) {
  Side& side = journey.tds;
  const auto choice = stage_.random.Below(100);
  if (choice < 20) return Ask(side, "show", Look{side.key});
  if (choice < 27) return Ask(side, "cancel", app::CancelSession{side.key});
  if (choice < 75) return Ask(side, "start", app::StartChallenge{side.key});
  const auto& card = journey.payment.last.card_session;
  if (choice < 85 && card) {
    const auto& url = card->tds_return_url;
    return Ask(side, "return", app::ReturnFromChallenge{url.substr(url.rfind('/') + 1)});
  }
  Ask(side, "return", app::ReturnFromChallenge{side.key});
}

}  // namespace obolus::simulation
