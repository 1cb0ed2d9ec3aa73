#include "sandbox/outbound_events.h"

#include <utility>

#include "sandbox/cloud_event.h"

namespace obolus::sandbox {

void OutboundEvents::Send(const std::string& payment_id, const TellObolus& event,
                          std::string traceparent) {
  OutgoingEvent out{base::ToString(ids_.NewUuid()), event.type,    source_,
                    base::FormatTime(clock_.Now()), event.subject, std::move(traceparent),
                    base::ToText(event.data)};
  ObolusCall call{payment_id, "event", event.type, "/events", WriteEvent(out), out.body};
  {
    std::lock_guard lock(mutex_);
    ++sent_;
    auto& queue = queues_[payment_id];
    queue.push_back(std::move(call));
    if (queue.size() > 1) return;  // the one before it is under way
  }
  SendHead(payment_id);
}

void OutboundEvents::SendHead(const std::string& payment_id) {
  ObolusCall call;
  std::uint64_t generation = 0;
  {
    std::lock_guard lock(mutex_);
    auto queue = queues_.find(payment_id);
    if (queue == queues_.end()) return;
    call = queue->second.front();
    generation = generation_;
  }
  std::string type = call.title;
  link_.Post(std::move(call),
             [this, payment_id, type, generation](base::Result<net::HttpResponse> answer) {
               const bool delivered = answer && answer->status >= 200 && answer->status < 300;
               if (delivered && on_delivered_) on_delivered_(payment_id, type);
               HeadFinished(payment_id, generation, delivered);
             });
}

void OutboundEvents::HeadFinished(const std::string& payment_id, std::uint64_t generation,
                                  bool delivered) {
  {
    std::lock_guard lock(mutex_);
    if (generation != generation_) return;
    ++(delivered ? delivered_ : refused_);
    auto queue = queues_.find(payment_id);
    queue->second.pop_front();
    if (queue->second.empty()) {
      queues_.erase(queue);
      return;
    }
  }
  SendHead(payment_id);
}

base::json::object OutboundEvents::Counts() const {
  std::lock_guard lock(mutex_);
  return {{"sent", sent_},
          {"delivered", delivered_},
          {"refused", refused_},
          {"waiting", sent_ - delivered_ - refused_}};
}

void OutboundEvents::Reset() {
  std::lock_guard lock(mutex_);
  ++generation_;
  queues_.clear();
  sent_ = delivered_ = refused_ = 0;
}

}  // namespace obolus::sandbox
