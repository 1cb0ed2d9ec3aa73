// Those who use Obolus in a simulated run: Commerce, which opens sessions, sends events and takes
// those that come over the bridge, and shoppers, who type cards and pass challenges. Each payment
// is a journey that goes as the seed says. Commerce repeats what is not answered until it is; a
// shopper tries something else. Made by Simulate; one thread.
#pragma once

#include <deque>
#include <string>

#include "app/receive_event.h"
#include "app/show_session.h"
#include "simulation/world.h"

namespace obolus::simulation {

class Payers {
 public:
  explicit Payers(World& world);
  bool IsDone() const { return busy_ == 0; }

 private:
  // One payment: its card session and, perhaps, its challenge.
  struct Side {
    Uuid terminal;
    std::string key;       // once the answer has arrived
    domain::Session last;  // as last shown
    int steps_left = 0;
  };
  struct Journey {
    std::string name;
    Uuid payment_id;
    Side payment;
    Side tds;
    int sent = 0;  // events of Commerce about it
  };

  template <class T>
  void Insist(Exchange<T> exchange);
  void Later(std::int64_t low_ms, std::int64_t high_ms, std::function<void()> task);

  // commerce.cpp
  void Begin(Journey& journey);
  void OpenPayment(Journey& journey);
  void OpenTds(Journey& journey, bool with_challenge);
  void Open(Journey& journey, Side& side, app::OpenSession command, bool keyed);
  void ProvideChallenge(Journey& journey);
  void MisuseKey(app::OpenSession command);
  void SayState(Journey& journey);
  void SayVoid(Journey& journey);
  void SayComplete(Journey& journey);
  void Say(Journey& journey, std::string type, base::json::value data, std::vector<Uuid> subjects);
  void Burst();
  app::Delivery Take(const app::OutboxEvent& event);
  void React(const app::OutboxEvent& event);

  // shopper.cpp
  void Arrived(Journey& journey, Side& side);
  void Step(Journey& journey, Side& side);
  void PayStep(Journey& journey);
  void TdsStep(Journey& journey);
  void Show(Side& side);
  template <class Command>
  void Ask(Side& side, std::string_view what, Command command);
  void Seen(Side& side, std::string_view what, const app::SessionView& view);

  World& world_;
  Stage& stage_;
  std::deque<Journey> journeys_;
  Millis outage_until_{0};
  int busy_ = 0;  // tasks and calls that are not finished
  int bursts_ = 0;
};

template <class T>
void Payers::Insist(Exchange<T> exchange) {
  ++busy_;
  Exchange<T> attempt = exchange;
  attempt.answered = [this, exchange = std::move(exchange)](const base::Result<T>& result) {
    const bool again = !result && (result.error().code == base::ErrorCode::kUnavailable ||
                                   result.error().code == base::ErrorCode::kTimeout ||
                                   result.error().code == base::ErrorCode::kRateLimited);
    if (again) {
      Later(200, 4'000, [this, exchange] { Insist<T>(exchange); });
    } else {
      exchange.answered(result);
    }
    --busy_;
  };
  world_.Send<T>(std::move(attempt));
}

}  // namespace obolus::simulation
