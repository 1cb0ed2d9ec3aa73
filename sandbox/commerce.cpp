#include "sandbox/commerce.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

// The shop must know which payment comes back, and its order is older than the payment's id.
std::string WithPayment(const std::string& url, const std::string& payment_id) {
  if (url.empty()) return "";
  return url + (url.contains('?') ? "&" : "?") + "payment=" + payment_id;
}

std::string TextOf(const json::object& data, std::string_view member) {
  const auto* value = data.if_contains(member);
  return value && value->is_string() ? std::string(value->as_string()) : "";
}

CardSession CardSessionOf(const json::object& data) {
  const auto& session = data.at("card_session").as_object();
  return {TextOf(session, "id"), TextOf(session, "tds_return_url"), session.at("data").as_object()};
}

}  // namespace

void Commerce::Create(NewPayment order, base::Done<json::object> shown) {
  auto flow = parts_.flows.find(order.flow);
  CHECK(flow != parts_.flows.end());
  PaymentFacts facts;
  facts.id = base::ToString(parts_.ids.NewUuid());
  facts.terminal_id = base::ToString(parts_.ids.NewUuid());
  facts.tds_terminal_id = base::ToString(parts_.ids.NewUuid());
  facts.amount = order.amount;
  facts.currency_code = std::move(order.currency_code);
  facts.order_id = std::move(order.order_id);
  facts.customer_id = std::move(order.customer_id);
  facts.success_url = WithPayment(order.success_url, facts.id);
  facts.error_url = WithPayment(order.error_url, facts.id);
  facts.metadata = std::move(order.metadata);
  facts.created_at = parts_.clock.Now();
  auto trace = order.trace ? base::ChildOf(*order.trace, parts_.ids) : base::NewTrace(parts_.ids);
  Later later;
  {
    std::lock_guard lock(mutex_);
    if (!MakeRoom()) {
      later.push_back([&] {
        shown(base::Fail(base::ErrorCode::kUnavailable, "Too many unfinished payments."));
      });
    } else {
      auto entry = std::make_shared<Entry>(
          Entry{Payment(std::move(facts), flow->second), std::move(trace), {}, {}, {}});
      const auto& kept = entry->payment.facts();
      payments_.emplace(kept.id, entry);
      order_.push_back(kept.id);
      by_terminal_.emplace(kept.terminal_id, kept.id);
      by_terminal_.emplace(kept.tds_terminal_id, kept.id);
      entry->waiters.push_back(std::move(shown));
      Run(entry, entry->payment.Begin(), later);
    }
  }
  for (auto& task : later) task();
}

bool Commerce::MakeRoom() {
  if (order_.size() < kMaxPayments) return true;
  auto oldest = Find(order_.front());
  if (!oldest->payment.ended()) return false;
  by_terminal_.erase(oldest->payment.facts().terminal_id);
  by_terminal_.erase(oldest->payment.facts().tds_terminal_id);
  parts_.processor.Forget(oldest->acs_trans_id);
  payments_.erase(order_.front());
  order_.pop_front();
  return true;
}

Commerce::EntryPtr Commerce::Find(const std::string& payment_id) const {
  auto found = payments_.find(payment_id);
  return found == payments_.end() ? nullptr : found->second;
}

// Processor questions are answered at once and may bring more effects; the rest is sent after the
// lock.
void Commerce::Run(const EntryPtr& entry, Effects effects, Later& later) {
  std::deque<Effect> open(std::make_move_iterator(effects.begin()),
                          std::make_move_iterator(effects.end()));
  auto append = [&](Effects more) {
    for (auto& effect : more) open.push_back(std::move(effect));
  };
  while (!open.empty()) {
    Effect effect = std::move(open.front());
    open.pop_front();
    std::visit(Overloaded{[&](const OpenCardSession&) { OpenCard(entry, later); },
                          [&](const OpenTdsSession& tds) { OpenTds(entry, tds.challenge, later); },
                          [&](const AskProcessor& question) {
                            auto finish = parts_.processor.Start(entry->payment.facts(), question);
                            NoteState(*entry, "processor", question.start_event_type,
                                      finish.result);
                            append(entry->payment.ProcessorFinished(finish));
                          },
                          [&](const AskChallengeOutcome& question) {
                            AskOutcome(entry, question.acs_trans_id, later);
                          },
                          [&](const TellObolus& event) {
                            later.push_back([this, event, id = entry->payment.facts().id,
                                             trace = base::FormatTraceParent(entry->trace)] {
                              parts_.outbound.Send(id, event, trace);
                            });
                          }},
               effect);
  }
  entry->payment.set_updated_at(parts_.clock.Now());
  Settle(entry, later);
}

void Commerce::AskOutcome(const EntryPtr& entry, const std::string& acs_trans_id, Later& later) {
  later.push_back([this, entry, acs_trans_id] {
    const auto takes = parts_.processor.OutcomeTakes(acs_trans_id);
    if (takes == takes.zero()) return TakeOutcome(entry, acs_trans_id);
    parts_.scheduler.After(takes,
                           [this, entry, acs_trans_id] { TakeOutcome(entry, acs_trans_id); });
  });
}

void Commerce::TakeOutcome(const EntryPtr& entry, const std::string& acs_trans_id) {
  auto finish = parts_.processor.ChallengeOutcome(acs_trans_id);
  Later later;
  {
    std::lock_guard lock(mutex_);
    NoteState(*entry, "processor", "Challenge outcome", finish.result);
    Run(entry, entry->payment.ChallengeEnded(finish), later);
  }
  for (auto& task : later) task();
}

void Commerce::Settle(const EntryPtr& entry, Later& later) {
  if (!entry->payment.settled()) return;
  std::string step(entry->payment.ProcessingName());
  if (auto action = entry->payment.ActionName(); !action.empty())
    step += ": " + std::string(action);
  NoteState(*entry, "commerce", "Payment " + std::string(entry->payment.StatusName()),
            std::move(step));
  if (entry->waiters.empty()) return;
  auto waiters = std::exchange(entry->waiters, {});
  later.push_back([waiters = std::move(waiters), shown = entry->payment.ToJson()]() mutable {
    for (auto& waiter : waiters) waiter(shown);
  });
}

void Commerce::NoteState(const Entry& entry, std::string from, std::string title,
                         std::string verdict) {
  JournalEntry note;
  note.payment_id = entry.payment.facts().id;
  note.from = std::move(from);
  note.to = "commerce";
  note.kind = "state";
  note.title = std::move(title);
  note.verdict = std::move(verdict);
  if (note.from == "commerce") note.body = base::ToText(entry.payment.ToJson());
  parts_.journal.Add(std::move(note));
}

void Commerce::PostSession(const EntryPtr& entry, std::string idempotency_key, json::object body,
                           void (Commerce::*opened)(const EntryPtr&,
                                                    base::Result<net::HttpResponse>),
                           Later& later) {
  ObolusCall call;
  call.payment_id = entry->payment.facts().id;
  call.kind = "request";
  call.title = "POST /sessions";
  call.path = "/sessions";
  call.headers = {{"content-type", "application/json"},
                  {"idempotency-key", std::move(idempotency_key)},
                  {"traceparent", base::FormatTraceParent(entry->trace)}};
  call.body = base::ToText(std::move(body));
  later.push_back([this, entry, opened, call = std::move(call)]() mutable {
    parts_.link.Post(std::move(call),
                     [this, entry, opened](base::Result<net::HttpResponse> answer) {
                       (this->*opened)(entry, std::move(answer));
                     });
  });
}

void Commerce::OpenCard(const EntryPtr& entry, Later& later) {
  const auto& facts = entry->payment.facts();
  json::object payment{
      {"id", facts.id}, {"amount", facts.amount}, {"currency_code", facts.currency_code}};
  if (!facts.order_id.empty()) payment["order_id"] = facts.order_id;
  json::object body{{"type", "payment"},
                    {"terminal_id", facts.terminal_id},
                    {"payment", std::move(payment)},
                    {"merchant", json::object{{"name", parts_.merchant_name},
                                              {"origins", json::array{parts_.shop_origin}}}}};
  if (!facts.success_url.empty()) {
    body["continuation"] = json::object{{"success", facts.success_url}, {"error", facts.error_url}};
  }
  PostSession(entry, facts.terminal_id, std::move(body), &Commerce::CardSessionAnswered, later);
}

void Commerce::OpenTds(const EntryPtr& entry, const Challenge& challenge, Later& later) {
  const auto& facts = entry->payment.facts();
  entry->acs_trans_id = challenge.acs_trans_id;
  json::object body{{"type", "3ds"},
                    {"tds_terminal_id", facts.tds_terminal_id},
                    {"terminal_id", facts.terminal_id},
                    {"challenge", json::object{{"acs_url", challenge.acs_url},
                                               {"creq", challenge.creq},
                                               {"three_ds_session_data", challenge.session_data}}}};
  if (!facts.success_url.empty()) {
    body["continuation"] = json::object{{"success", facts.success_url}, {"error", facts.error_url}};
  }
  if (const auto* seconds = facts.metadata.if_contains("tds_expires_in")) {
    body["expires_in"] = *seconds;
  }
  PostSession(entry, facts.tds_terminal_id, std::move(body), &Commerce::TdsSessionAnswered, later);
}

void Commerce::CardSessionAnswered(const EntryPtr& entry, base::Result<net::HttpResponse> answer) {
  auto key = TextIn(answer, "/session_key");
  Later later;
  {
    std::lock_guard lock(mutex_);
    auto& payment = entry->payment;
    Run(entry,
        key ? payment.CardSessionOpened(*key) : payment.CardSessionRefused(key.error().message),
        later);
  }
  for (auto& task : later) task();
}

void Commerce::TdsSessionAnswered(const EntryPtr& entry, base::Result<net::HttpResponse> answer) {
  auto url = TextIn(answer, "/redirect_url");
  auto expires_at = TextIn(answer, "/expires_at");
  auto until = expires_at ? base::ParseTime(*expires_at) : base::Result<base::Timestamp>();
  Later later;
  std::string acs_trans_id;
  {
    std::lock_guard lock(mutex_);
    auto& payment = entry->payment;
    Run(entry,
        url ? payment.TdsSessionOpened(*url) : payment.TdsSessionRefused(url.error().message),
        later);
    acs_trans_id = entry->acs_trans_id;
  }
  if (expires_at && until) parts_.processor.Opened(acs_trans_id, *until);
  for (auto& task : later) task();
  auto record = parts_.processor.FindRecord(acs_trans_id);
  if (url && record && on_challenge_opened_) on_challenge_opened_(*record, *url);
}

void Commerce::CheckAgainstVoid(const Entry& entry, const IncomingEvent& event) {
  if (!entry.void_acknowledged_at || event.time <= *entry.void_acknowledged_at) return;
  parts_.events.Violate(
      "CREATED_AFTER_VOID", event.terminal_id,
      event.type + " " + event.id + " was created after the void was acknowledged");
}

Effects Commerce::React(const EntryPtr& entry, const IncomingEvent& event) {
  if (event.type == "CardSessionCreated") {
    return entry->payment.CardArrived(CardSessionOf(event.data));
  }
  if (event.type == "TDSResult") return entry->payment.TdsResultArrived();
  const auto& reason = event.data.at("reason").as_object();
  return entry->payment.CardFailed(TextOf(reason, "code"), TextOf(reason, "message"));
}

void Commerce::Receive(const IncomingEvent& event) {
  std::move_only_function<void()> go_on = [this, event] { Take(event); };
  if (!parts_.charge || !parts_.charge(event, go_on)) Take(event);
}

void Commerce::Take(const IncomingEvent& event) {
  Later later;
  {
    std::lock_guard lock(mutex_);
    auto known = by_terminal_.find(event.terminal_id);
    auto entry = known == by_terminal_.end() ? nullptr : Find(known->second);
    if (!entry) {
      parts_.events.CountUnmatched();
      return;
    }
    CheckAgainstVoid(*entry, event);
    const bool is_tds = event.type == "TDSResult";
    const auto& facts = entry->payment.facts();
    if (event.terminal_id != (is_tds ? facts.tds_terminal_id : facts.terminal_id)) {
      parts_.events.Violate("WRONG_TERMINAL", event.terminal_id,
                            event.type + " for a terminal of the other kind");
      return;
    }
    const bool was_ended = entry->payment.ended();
    auto effects = React(entry, event);
    if (!effects.empty() || entry->payment.ended() != was_ended)
      Run(entry, std::move(effects), later);
  }
  for (auto& task : later) task();
}

base::Result<json::object> Commerce::Void(const std::string& id) {
  Later later;
  json::object shown;
  {
    std::lock_guard lock(mutex_);
    auto entry = Find(id);
    if (!entry) return base::Fail(base::ErrorCode::kNotFound, "There is no such payment.");
    if (entry->payment.ended()) {
      return base::Fail(base::ErrorCode::kConflict, "The payment has ended already.");
    }
    Run(entry, entry->payment.Voided(), later);
    shown = entry->payment.ToJson();
  }
  for (auto& task : later) task();
  return shown;
}

void Commerce::VoidAcknowledged(const std::string& id) {
  std::lock_guard lock(mutex_);
  auto entry = Find(id);
  if (entry && !entry->void_acknowledged_at) entry->void_acknowledged_at = parts_.clock.Now();
}

bool Commerce::IsVoidAcknowledged(const std::string& id) const {
  std::lock_guard lock(mutex_);
  auto entry = Find(id);
  return entry && entry->void_acknowledged_at;
}

std::optional<json::object> Commerce::Show(const std::string& id) const {
  std::lock_guard lock(mutex_);
  auto entry = Find(id);
  if (!entry) return std::nullopt;
  return entry->payment.ToJson();
}

json::array Commerce::List(std::size_t limit, std::size_t page) const {
  json::array out;
  std::lock_guard lock(mutex_);
  const std::size_t skip = limit * (page - 1);
  for (std::size_t i = skip; i < order_.size() && out.size() < limit; ++i) {
    out.push_back(Find(order_[order_.size() - 1 - i])->payment.ToJson());
  }
  return out;
}

std::string Commerce::PaymentOf(const std::string& terminal_id) const {
  std::lock_guard lock(mutex_);
  auto found = by_terminal_.find(terminal_id);
  return found == by_terminal_.end() ? "" : found->second;
}

json::object Commerce::Report() const {
  constexpr std::size_t kMaxListed = 200;
  std::map<std::string, std::int64_t> by_state;
  json::array unresolved;
  std::int64_t unresolved_count = 0;
  std::lock_guard lock(mutex_);
  for (const auto& id : order_) {
    const auto& payment = Find(id)->payment;
    ++by_state[std::string(payment.StatusName())];
    if (payment.ended()) continue;
    ++unresolved_count;
    if (unresolved.size() < kMaxListed) {
      unresolved.push_back(json::object{{"id", id},
                                        {"terminal_id", payment.facts().terminal_id},
                                        {"processing", payment.ProcessingName()}});
    }
  }
  json::object states;
  for (const auto& [state, count] : by_state) states[state] = count;
  return {{"payments", json::object{{"total", order_.size()}, {"by_state", std::move(states)}}},
          {"unresolved_count", unresolved_count},
          {"unresolved", std::move(unresolved)}};
}

void Commerce::Reset() {
  std::lock_guard lock(mutex_);
  payments_.clear();
  order_.clear();
  by_terminal_.clear();
}

}  // namespace obolus::sandbox
