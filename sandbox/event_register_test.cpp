#include "sandbox/event_register.h"

#include <gtest/gtest.h>

namespace obolus::sandbox {
namespace {

IncomingEvent Event(std::string id, std::string type, std::string terminal_id) {
  IncomingEvent event;
  event.id = std::move(id);
  event.source = "https://obolus.example/";
  event.type = std::move(type);
  event.terminal_id = std::move(terminal_id);
  return event;
}

std::int64_t Violations(const EventRegister& events) {
  return events.Report().at("violation_count").as_int64();
}

std::string FirstRule(const EventRegister& events) {
  return std::string(events.Report().at("violations").at(0).at("rule").as_string());
}

TEST(EventRegister, TheSameEventAgainIsADuplicateAndNoViolation) {
  EventRegister events;
  auto event = Event("e1", "CardSessionCreated", "t1");
  EXPECT_EQ(events.Take(event, "time", "body", true), Reception::kNew);
  EXPECT_EQ(events.Take(event, "time", "body", true), Reception::kDuplicate);
  EXPECT_EQ(Violations(events), 0);
  EXPECT_EQ(events.Report().at("events").at("duplicates").as_int64(), 1);
}

TEST(EventRegister, AnEventThatWasOnlyRefusedIsStillNew) {
  EventRegister events;
  auto event = Event("e1", "CardSessionCreated", "t1");
  EXPECT_EQ(events.Take(event, "time", "body", false), Reception::kNew);
  EXPECT_EQ(events.Take(event, "time", "body", true), Reception::kNew);
  EXPECT_EQ(Violations(events), 0);
}

TEST(EventRegister, OtherBytesUnderTheSameIdAreAViolation) {
  EventRegister events;
  auto event = Event("e1", "CardSessionCreated", "t1");
  events.Take(event, "time", "body", false);
  EXPECT_EQ(events.Take(event, "time", "other body", true), Reception::kChanged);
  EXPECT_EQ(FirstRule(events), "EVENT_CHANGED");
  EXPECT_EQ(events.Take(event, "other time", "body", true), Reception::kChanged);
  EXPECT_EQ(Violations(events), 2);
}

TEST(EventRegister, CreatedAndFailedForOneTerminalContradict) {
  EventRegister events;
  events.Take(Event("e1", "CardSessionCreated", "t1"), "time", "body", true);
  events.Take(Event("e2", "CardSessionFailed", "t2"), "time", "body", true);
  EXPECT_EQ(Violations(events), 0);
  events.Take(Event("e3", "CardSessionFailed", "t1"), "time", "body", true);
  EXPECT_EQ(FirstRule(events), "CONTRADICTION");
}

TEST(EventRegister, TwoEventsOfOneTypeForOneTerminalAreASecondOutcome) {
  EventRegister events;
  events.Take(Event("e1", "TDSResult", "t1"), "time", "body", true);
  events.Take(Event("e2", "TDSResult", "t1"), "time", "body", true);
  EXPECT_EQ(FirstRule(events), "SECOND_OUTCOME");
}

TEST(EventRegister, ResetForgetsEverything) {
  EventRegister events;
  events.Refuse("not JSON");
  EXPECT_EQ(Violations(events), 1);
  events.Reset();
  EXPECT_EQ(Violations(events), 0);
  EXPECT_EQ(events.Report().at("events").at("attempts").as_int64(), 0);
}

}  // namespace
}  // namespace obolus::sandbox
