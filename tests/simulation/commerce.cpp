#include "app/provide_challenge.h"
#include "simulation/payers.h"

namespace obolus::simulation {
namespace {

using app::Delivery;

const domain::Challenge kChallenge =
    domain::EmvChallenge{"https://acs.example/challenge", "Y3JlcQ", std::nullopt};

}  // namespace

Payers::Payers(World& world) : world_(world), stage_(world.stage()) {
  SimIds ids(stage_.random.Next());
  stage_.bridge_end = [this](const app::OutboxEvent& event) { return Take(event); };
  for (int i = 0; i < stage_.plan.journeys; ++i) {
    Journey& journey = journeys_.emplace_back();
    journey.name = "journey-" + std::to_string(i);
    journey.payment_id = ids.NewUuid();
    journey.payment.terminal = ids.NewUuid();
    journey.tds.terminal = ids.NewUuid();
    Later(0, stage_.plan.heal_at.count() / 2, [this, &journey] { Begin(journey); });
  }
  if (stage_.random.Chance(300)) Later(0, 20'000, [this] { Burst(); });
}

void Payers::Later(std::int64_t low_ms, std::int64_t high_ms, std::function<void()> task) {
  ++busy_;
  stage_.After(stage_.Delay(low_ms, high_ms), kWorld, [this, task = std::move(task)] {
    --busy_;
    task();
  });
}

void Payers::Begin(Journey& journey) {
  Random& random = stage_.random;
  const auto say = [this, &journey, &random] {
    if (random.Chance(700)) return SayState(journey);
    if (random.Chance(500)) return SayVoid(journey);
    SayComplete(journey);
  };
  if (random.Chance(120)) {
    stage_.Happened(FaultKind::kInboundEarly);
    say();
  }
  for (auto left = random.Between(0, 4); left > 0; --left) Later(100, 150'000, say);
  Later(0, 3'000, [this, &journey] { OpenPayment(journey); });
  if (random.Chance(150)) {  // a challenge whose payment has no card session yet, or never
    Later(0, 30'000, [this, &journey] { OpenTds(journey, stage_.random.Chance(600)); });
  }
}

void Payers::OpenPayment(Journey& journey) {
  Random& random = stage_.random;
  app::OpenSession command;
  command.kind = domain::SessionKind::kPayment;
  command.request_id = journey.name + "/payment";
  command.payment.id = base::ToString(journey.payment_id);
  const bool named = random.Chance(700);
  if (named) command.terminal_id = journey.payment.terminal;
  Open(journey, journey.payment, std::move(command), !named || random.Chance(600));
}

void Payers::OpenTds(Journey& journey, bool with_challenge) {
  if (!journey.tds.key.empty()) return;
  app::OpenSession command;
  command.kind = domain::SessionKind::kTds;
  command.request_id = journey.name + "/3ds";
  command.terminal_id = journey.tds.terminal;
  command.payment_terminal_id = journey.payment.terminal;
  if (with_challenge) command.challenge = kChallenge;
  if (!with_challenge && stage_.random.Chance(800)) {
    Later(500, 20'000, [this, &journey] { ProvideChallenge(journey); });
  }
  Open(journey, journey.tds, std::move(command), stage_.random.Chance(500));
}

void Payers::Open(Journey& journey, Side& side, app::OpenSession command, bool keyed) {
  command.expires_in =
      std::chrono::duration_cast<std::chrono::seconds>(stage_.plan.session_lifetime);
  stage_.auditor.AddRepeatable(command.request_id);
  if (keyed) {
    command.idempotency = app::IdempotencyClaim{"commerce POST /sessions", command.request_id,
                                                base::Sha256(base::AsBytes(command.request_id))};
  }
  const auto again = stage_.random.Chance(300);
  Exchange<app::OpenedSession> exchange;
  exchange.what = "open";
  exchange.run = [command](Process& process, base::Done<app::OpenedSession> done) {
    app::Execute(process.services(), command, std::move(done));
  };
  exchange.leaves = [this, command, keyed](const base::Result<app::OpenedSession>& opened) {
    if (opened) stage_.auditor.Opened(command.request_id, keyed, *opened);
  };
  exchange.answered = [this, &journey, &side, command, keyed, again,
                       repeat = exchange](const base::Result<app::OpenedSession>& opened) mutable {
    if (!opened) return;
    side.terminal = opened->session.terminal_id;
    side.last = opened->session;
    const bool is_new = side.key.empty();
    side.key = opened->key;
    if (is_new) Arrived(journey, side);
    if (keyed && stage_.random.Chance(150)) MisuseKey(command);
    if (!again) return;
    repeat.answered = [](const base::Result<app::OpenedSession>&) {};
    Later(10, 60'000, [this, repeat] { Insist(repeat); });
  };
  Insist(std::move(exchange));
}

void Payers::MisuseKey(app::OpenSession command) {
  stage_.Happened(FaultKind::kKeyForOtherBody);
  command.idempotency->request_digest.front() ^= 1;
  Exchange<app::OpenedSession> exchange;
  exchange.what = "open with a used key";
  exchange.run = [command](Process& process, base::Done<app::OpenedSession> done) {
    app::Execute(process.services(), command, std::move(done));
  };
  exchange.leaves = [](const base::Result<app::OpenedSession>& opened) {
    if (opened) throw Violation{"an idempotency key is good for one body", ""};
  };
  exchange.answered = [](const auto&) {};
  Insist(std::move(exchange));
}

void Payers::ProvideChallenge(Journey& journey) {
  if (stage_.random.Chance(200)) {  // by opening the session again
    app::OpenSession command;
    command.kind = domain::SessionKind::kTds;
    command.request_id = journey.name + "/3ds";
    command.terminal_id = journey.tds.terminal;
    command.payment_terminal_id = journey.payment.terminal;
    command.challenge = kChallenge;
    return Open(journey, journey.tds, std::move(command), false);
  }
  Exchange<domain::Session> exchange;
  exchange.what = "provide_challenge";
  exchange.run = [terminal = journey.tds.terminal](Process& process,
                                                   base::Done<domain::Session> done) {
    app::Execute(process.services(), app::ProvideChallenge{terminal, kChallenge}, std::move(done));
  };
  exchange.leaves = [this](const base::Result<domain::Session>& session) {
    if (session) stage_.auditor.Shown(*session);
  };
  exchange.answered = [](const auto&) {};
  Insist(std::move(exchange));
}

void Payers::SayState(Journey& journey) {
  static constexpr std::array<const char*, 4> kStates = {"accepted", "authorized", "completed",
                                                         "failed"};
  const Uuid terminal = stage_.random.Chance(500) ? journey.payment.terminal : journey.tds.terminal;
  Say(journey, "StateChanged",
      {{"state", stage_.random.Pick(kStates)}, {"terminal_id", base::ToString(terminal)}},
      {terminal});
}

void Payers::SayVoid(Journey& journey) {
  Random& random = stage_.random;
  base::json::object data;
  std::vector<Uuid> subjects;
  const auto name = [&](const char* member, const Uuid& id) {
    data[member] = base::ToString(id);
    subjects.push_back(id);
  };
  if (random.Chance(400)) name("terminal_id", journey.payment.terminal);
  if (random.Chance(400)) name("tds_terminal_id", journey.tds.terminal);
  if (random.Chance(200)) name("payment_id", journey.payment_id);
  const Side& side = random.Chance(500) ? journey.payment : journey.tds;
  if (!side.key.empty() && random.Chance(200)) name("session_id", side.last.id);
  if (!side.key.empty() && random.Chance(200)) {
    data["session_key"] = side.key;
    subjects.push_back(side.last.id);
  }
  Say(journey, "SessionVoided", data, std::move(subjects));
}

void Payers::SayComplete(Journey& journey) {
  Say(journey, "CompleteTDSSession",
      {{"result", stage_.random.Chance(600) ? "SUCCESS" : "FAILED"},
       {"tds_terminal_id", base::ToString(journey.tds.terminal)}},
      {journey.tds.terminal});
}

void Payers::Say(Journey& journey, std::string type, base::json::value data,
                 std::vector<Uuid> subjects) {
  const app::CloudEvent event{"urn:commerce", journey.name + "/" + std::to_string(++journey.sent),
                              std::move(type), std::nullopt, std::move(data)};
  stage_.history.Note("say", event.type, event.id);
  Exchange<app::Reception> exchange;
  exchange.what = "receive_event";
  exchange.run = [event](Process& process, base::Done<app::Reception> done) {
    app::ReceiveEvent(process.services(), event, std::move(done));
  };
  exchange.leaves = [this, event, subjects](const base::Result<app::Reception>& reception) {
    if (reception) stage_.auditor.Acknowledged(event, subjects);
  };
  exchange.answered = [](const auto&) {};
  Exchange<app::Reception> again = exchange;
  exchange.answered = [this, again](const auto&) {
    if (!stage_.Strikes(FaultKind::kInboundAgain)) return;
    Later(0, 30'000, [this, again] { Insist(again); });
  };
  Insist(std::move(exchange));
}

// Several events of one session: no use case makes more than one today, but the relay promises
// their order.
void Payers::Burst() {
  SimIds ids(stage_.random.Next());
  const Uuid session_id = ids.NewUuid();
  stage_.auditor.AddStranger(session_id);
  auto events = std::make_shared<std::vector<app::OutboxEvent>>();
  for (auto left = stage_.random.Between(2, 4); left > 0; --left) {
    app::OutboxEvent& event = events->emplace_back();
    event.id = ids.NewOrderedUuid(stage_.latest_wall);
    event.session_id = session_id;
    event.type = "Burst";
    event.time = event.due_at = event.first_due_at = stage_.latest_wall;
    event.body = std::to_string(left);
  }
  Exchange<bool> exchange;
  exchange.what = "burst";
  exchange.run = [events](Process& process, base::Done<bool> done) {
    app::Transact<bool>(
        process.services().store,
        [events](app::Transaction& tx) -> base::Result<bool> {
          for (const auto& event : *events) {
            auto known = tx.FindEvent(event.id);
            if (!known) return std::unexpected(known.error());
            if (*known) return true;
            if (auto kept = tx.InsertEvent(event); !kept) return std::unexpected(kept.error());
          }
          return true;
        },
        std::move(done));
  };
  exchange.leaves = [](const auto&) {};
  exchange.answered = [](const auto&) {};
  Insist(std::move(exchange));
  if (++bursts_ < 3) Later(0, 40'000, [this] { Burst(); });
}

Delivery Payers::Take(const app::OutboxEvent& event) {
  stage_.history.Note("bridge", event.type, event.id, event.attempts);
  stage_.auditor.Arrived(event, stage_.now, stage_.ClocksAgree());
  if (stage_.Strikes(FaultKind::kBridgeOutage)) {
    outage_until_ = stage_.now + stage_.Delay(5'000, 60'000);
  }
  if (stage_.now < outage_until_ || stage_.Strikes(FaultKind::kBridge5xx)) {
    return {Delivery::Outcome::kRetry, std::nullopt, "503"};
  }
  if (stage_.Strikes(FaultKind::kBridge4xx)) {
    return {Delivery::Outcome::kRetry, std::nullopt, "400"};
  }
  if (stage_.Strikes(FaultKind::kBridgeRetryAfter)) {
    static constexpr std::array<std::int64_t, 5> kWishes = {0, 900, 5'000, 60'000, 3'600'000};
    return {Delivery::Outcome::kRetryAfter, Millis(stage_.random.Pick(kWishes)), "429"};
  }
  if (stage_.Strikes(FaultKind::kBridgeGone)) {
    stage_.auditor.Refused(event.id);
    return {Delivery::Outcome::kRefused, std::nullopt, "410"};
  }
  const bool is_new = !stage_.auditor.WasAccepted(event.id);
  stage_.auditor.Accepted(event.id);
  if (is_new) React(event);
  return {Delivery::Outcome::kAccepted, std::nullopt, ""};
}

void Payers::React(const app::OutboxEvent& event) {
  Random& random = stage_.random;
  for (Journey& journey : journeys_) {
    const bool payment = event.subject == base::ToString(journey.payment.terminal);
    const bool tds = event.subject == base::ToString(journey.tds.terminal);
    if (payment && event.type == "CardSessionCreated" && random.Chance(700)) {
      Later(50, 5'000, [this, &journey] { OpenTds(journey, stage_.random.Chance(600)); });
    }
    if (tds && random.Chance(800)) Later(50, 20'000, [this, &journey] { SayComplete(journey); });
  }
}

}  // namespace obolus::simulation
