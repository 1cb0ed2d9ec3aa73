#include "sandbox/event_register.h"

#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"

namespace obolus::sandbox {

namespace json = base::json;

Reception EventRegister::Take(const IncomingEvent& event, const std::string& ce_time,
                              const std::string& body, bool answered_2xx) {
  const std::string digest =
      base::EncodeHex(base::Sha256(base::AsBytes(event.type + "\n" + ce_time + "\n" + body)));
  std::lock_guard lock(mutex_);
  ++attempts_;
  const std::string key = event.source + "\n" + event.id;
  auto [entry, first_seen] = known_.try_emplace(key, Known{digest, false});
  if (first_seen) {
    known_order_.push_back(key);
    CheckTerminal(event);
    Bound();
  } else if (entry->second.digest != digest) {
    ++refused_;
    ViolateLocked("EVENT_CHANGED", event.terminal_id,
                  event.type + " " + event.id + " came again with other bytes");
    return Reception::kChanged;
  }
  Known& known = known_[key];
  if (known.accepted) {
    ++duplicates_;
    return Reception::kDuplicate;
  }
  if (answered_2xx) {
    known.accepted = true;
    ++accepted_;
    ++by_type_[event.type];
  }
  return Reception::kNew;
}

void EventRegister::CheckTerminal(const IncomingEvent& event) {
  auto [entry, first_seen] = by_terminal_.try_emplace(event.terminal_id);
  if (first_seen) terminal_order_.push_back(event.terminal_id);
  auto& types = entry->second;
  auto [id, first_of_type] = types.try_emplace(event.type, event.id);
  if (!first_of_type) {
    ViolateLocked("SECOND_OUTCOME", event.terminal_id,
                  "two " + event.type + ": " + id->second + " and " + event.id);
  }
  if (types.contains("CardSessionCreated") && types.contains("CardSessionFailed")) {
    ViolateLocked("CONTRADICTION", event.terminal_id,
                  "CardSessionCreated and CardSessionFailed for one terminal");
  }
}

void EventRegister::Bound() {
  while (known_order_.size() > kMaxEvents) {
    known_.erase(known_order_.front());
    known_order_.pop_front();
  }
  while (terminal_order_.size() > kMaxEvents) {
    by_terminal_.erase(terminal_order_.front());
    terminal_order_.pop_front();
  }
}

void EventRegister::Refuse(const std::string& reason) {
  std::lock_guard lock(mutex_);
  ++attempts_;
  ++refused_;
  ViolateLocked("MALFORMED_EVENT", "", reason);
}

void EventRegister::Violate(std::string rule, std::string terminal_id, std::string detail) {
  std::lock_guard lock(mutex_);
  ViolateLocked(std::move(rule), std::move(terminal_id), std::move(detail));
}

void EventRegister::ViolateLocked(std::string rule, std::string terminal_id, std::string detail) {
  ++violation_count_;
  if (violations_.size() >= kMaxViolations) return;
  violations_.push_back({std::move(rule), std::move(terminal_id), std::move(detail)});
}

void EventRegister::CountUnmatched() {
  std::lock_guard lock(mutex_);
  ++unmatched_;
}

json::object EventRegister::Report() const {
  std::lock_guard lock(mutex_);
  json::object by_type;
  for (const auto& [type, count] : by_type_) by_type[type] = count;
  json::array violations;
  for (const auto& violation : violations_) {
    violations.push_back(json::object{{"rule", violation.rule},
                                      {"terminal_id", violation.terminal_id},
                                      {"detail", violation.detail}});
  }
  return {{"events", json::object{{"attempts", attempts_},
                                  {"accepted", accepted_},
                                  {"duplicates", duplicates_},
                                  {"refused", refused_},
                                  {"unmatched", unmatched_},
                                  {"by_type", std::move(by_type)}}},
          {"violation_count", violation_count_},
          {"violations", std::move(violations)}};
}

void EventRegister::Reset() {
  std::lock_guard lock(mutex_);
  known_.clear();
  known_order_.clear();
  by_terminal_.clear();
  terminal_order_.clear();
  violations_.clear();
  violation_count_ = attempts_ = accepted_ = duplicates_ = refused_ = unmatched_ = 0;
  by_type_.clear();
}

}  // namespace obolus::sandbox
