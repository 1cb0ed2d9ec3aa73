// Commerce itself: the payments, what the flow asks for, and what Obolus's events change. It runs
// each payment's effects: opens sessions at Obolus, asks the processor, sends events. One lock
// guards the payments and is never held while something is sent. Called by the payments API, the
// bridge and the control API from any thread; the engine, the link and the register must outlive
// it.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "base/trace.h"
#include "sandbox/cloud_event.h"
#include "sandbox/event_register.h"
#include "sandbox/flow.h"
#include "sandbox/journal.h"
#include "sandbox/obolus_link.h"
#include "sandbox/outbound_events.h"
#include "sandbox/payment.h"
#include "sandbox/processor.h"

namespace obolus::sandbox {

// Every flow by its name.
using FlowBook = std::map<std::string, std::shared_ptr<const Flow>, std::less<>>;

struct NewPayment {
  std::int64_t amount = 0;
  std::string currency_code;
  std::string order_id;
  std::string customer_id;
  std::string success_url;
  std::string error_url;
  std::string flow;  // a name in the flow book
  base::json::object metadata;
  std::optional<base::TraceParent> trace;  // the caller's
};

struct CommerceParts {
  base::IdSource& ids;
  const base::Clock& clock;
  base::Scheduler& scheduler;
  Journal& journal;
  ObolusLink& link;
  OutboundEvents& outbound;
  EventRegister& events;
  Processor& processor;
  FlowBook flows;
  std::string merchant_name;
  std::string shop_origin;
  // Has the card brought to the processor, who calls the second when that is over; false: it does
  // not.
  std::function<bool(const IncomingEvent&, std::move_only_function<void()>&)> charge{};
};

class Commerce {
 public:
  static constexpr std::size_t kMaxPayments = 100'000;

  explicit Commerce(CommerceParts parts) : parts_(std::move(parts)) {}

  const FlowBook& flows() const { return parts_.flows; }

  // Creates a payment; `shown` gets its JSON when the caller can do something with it: an action is
  // required, or it has ended. kUnavailable, at once: all places are taken by unfinished payments.
  void Create(NewPayment order, base::Done<base::json::object> shown);

  std::optional<base::json::object> Show(const std::string& id) const;
  // Newest first; `page` from 1.
  base::json::array List(std::size_t limit, std::size_t page) const;
  // kNotFound; kConflict: the payment has ended.
  base::Result<base::json::object> Void(const std::string& id);

  // Obolus has acknowledged SessionVoided: what it sends from now on must be older.
  void VoidAcknowledged(const std::string& id);
  bool IsVoidAcknowledged(const std::string& id) const;

  // A new, well-formed event of Obolus's.
  void Receive(const IncomingEvent& event);

  // The payment behind a terminal id of either kind; "" when there is none.
  std::string PaymentOf(const std::string& terminal_id) const;

  // Called with the payment id, its ACS record and redirect_url when a challenge has opened.
  void OnChallengeOpened(std::function<void(AcsRecord, std::string redirect_url)> callback) {
    on_challenge_opened_ = std::move(callback);
  }

  // {"payments": {"total", "by_state"}, "unresolved": [...], "unresolved_count"}
  base::json::object Report() const;
  void Reset();

 private:
  struct Entry {
    Payment payment;
    base::TraceParent trace;
    std::vector<base::Done<base::json::object>> waiters;
    std::optional<base::Timestamp> void_acknowledged_at;
    std::string acs_trans_id;
  };
  using EntryPtr = std::shared_ptr<Entry>;

  // Work for after the lock is released.
  using Later = std::vector<std::move_only_function<void()>>;

  EntryPtr Find(const std::string& payment_id) const;  // needs the lock
  bool MakeRoom();                                     // needs the lock
  void Run(const EntryPtr& entry, Effects effects, Later& later);
  void AskOutcome(const EntryPtr& entry, const std::string& acs_trans_id, Later& later);
  void TakeOutcome(const EntryPtr& entry, const std::string& acs_trans_id);
  void OpenCard(const EntryPtr& entry, Later& later);
  void OpenTds(const EntryPtr& entry, const Challenge& challenge, Later& later);
  void PostSession(const EntryPtr& entry, std::string idempotency_key, base::json::object body,
                   void (Commerce::*opened)(const EntryPtr&, base::Result<net::HttpResponse>),
                   Later& later);
  void CardSessionAnswered(const EntryPtr& entry, base::Result<net::HttpResponse> answer);
  void TdsSessionAnswered(const EntryPtr& entry, base::Result<net::HttpResponse> answer);
  void Take(const IncomingEvent& event);
  void Settle(const EntryPtr& entry, Later& later);
  Effects React(const EntryPtr& entry, const IncomingEvent& event);
  void CheckAgainstVoid(const Entry& entry, const IncomingEvent& event);
  void NoteState(const Entry& entry, std::string from, std::string title, std::string verdict);

  CommerceParts parts_;
  std::function<void(AcsRecord, std::string)> on_challenge_opened_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, EntryPtr> payments_;
  std::deque<std::string> order_;                             // payment ids, oldest first
  std::unordered_map<std::string, std::string> by_terminal_;  // both kinds, to payment id
};

}  // namespace obolus::sandbox
