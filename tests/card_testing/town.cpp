#include "card_testing/town.h"

#include "app/show_session.h"
#include "base/check.h"
#include "support/work_solver.h"

namespace obolus::card_testing {
namespace {

constexpr std::int64_t kSubmissionsPerSweep = 500;

base::SecretBytes Key() {
  return base::SecretBytes(std::string_view("0123456789abcdef0123456789abcdef"));
}

}  // namespace

Town::Town(std::uint64_t seed, const app::LimitRules& rules)
    : random_(seed),
      limits_(rules, Key(), false, nullptr),
      proxies_(http::TrustedProxies::Parse({"10.0.0.0/8"}, http::ForwardedHeader::kXForwardedFor)
                   .value()) {
  stand_.services.card_testing = &limits_;
  stand_.services.settings.keep_for = seconds(60);
  stand_.store.OnCommit(
      [this](const app::CommitNotice& notice) { app::HearOutcomes(stand_.services, notice); });
}

void Town::After(Millis delay, std::function<void()> what) {
  agenda_.emplace(now() + delay, std::move(what));
}

void Town::Run() {
  while (!agenda_.empty()) {
    auto next = agenda_.extract(agenda_.begin());
    if (next.key() > now()) stand_.clock.Advance(next.key() - now());
    next.mapped()();
  }
}

std::string Town::Open(const std::string& merchant) {
  app::OpenSession command;
  command.merchant.origins = {merchant};
  return stand_.Open(std::move(command)).value().key;
}

Attempt Town::Submit(const std::string& key, const Payment& payment) {
  const std::string address = proxies_.ClientOf(payment.request);
  const app::Visitor visitor{.client = http::SubscriberOf(address), .site = http::SiteOf(address)};
  const auto view = testing::Await<app::SessionView>(
      [&](auto done) { app::ShowSession(stand_.services, key, std::move(done)); });
  Attempt attempt;
  if (!view || view->IsExpired() || view->IsEnded()) {
    return {.answer = Answer::kRefused, .retry_after = seconds(0), .stepped_up = false};
  }
  std::optional<app::WorkDone> done;
  if (const auto work = limits_.WorkFor(view->session, visitor, stand_.ids, now())) {
    attempt.stepped_up = true;
    if (payment.solves) done = {work->seed, testing::Solve(work->order, work->seed)};
  }
  const auto taken = testing::Run<app::SessionView>(
      stand_.services, app::SubmitCardEntry{.key = key,
                                            .enc_payload = payment.pan + "|7|2031|" + payment.code,
                                            .visitor = visitor,
                                            .work = std::move(done)});
  if (++submitted_ % kSubmissionsPerSweep == 0) stand_.Sweep();
  if (taken) {
    Charge(base::ToString(taken->session.terminal_id), payment);
  } else if (taken.error().code == base::ErrorCode::kRateLimited) {
    attempt.answer = Answer::kWait;
    attempt.retry_after = taken.error().retry_after.value_or(seconds(5));
  } else {
    attempt.answer = Answer::kRefused;
    for (const auto& [member, number] : taken.error().extensions) {
      if (member == "retry_after") attempt.retry_after = seconds(number);
    }
  }
  return attempt;
}

void Town::Charge(const std::string& terminal_id, const Payment& payment) {
  const auto takes =
      std::uniform_int_distribution<>(800, 4000)(random_) +
      (payment.challenged ? std::uniform_int_distribution<>(15'000, 90'000)(random_) : 0);
  After(Millis(takes), [this, terminal_id, good = payment.is_good] {
    const auto heard = stand_.Receive(testing::EventOf(
        std::to_string(++events_), "StateChanged",
        {{"state", good ? "authorized" : "failed"}, {"terminal_id", terminal_id}}));
    CHECK(heard);
  });
}

}  // namespace obolus::card_testing
