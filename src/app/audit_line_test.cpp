#include "app/audit_line.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>

#include "base/json.h"
#include "base/utf8.h"

namespace obolus::app {
namespace {

using domain::AuditKind;
using domain::kLongestDetail;

const base::Bytes kKey(32, 7);

std::string LineOf(const AuditEntry& entry) {
  return base::HashChain(kKey, {entry.sequence - 1, {}}).Append(WriteAuditMembers(entry));
}

AuditEntry Sample() {
  return {.sequence = 4,
          .time = base::FromMillis(1'795'305'600'123),
          .record = {.kind = AuditKind::kCardStored,
                     .actor = "shopper",
                     .origin = "192.0.2.1",
                     .object = "card_session:7",
                     .details = {{"session", "s"}, {"brand", "visa"}}},
          .instance = "pay-1",
          .lost = 2};
}

TEST(AuditLine, AnEntryIsReadAsItWasWritten) {
  const auto read = ReadAuditLine(kKey, LineOf(Sample()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, Sample());
}

TEST(AuditLine, TheLineIsTheOneThatTheDocumentationShows) {
  EXPECT_TRUE(LineOf(Sample()).starts_with(
      R"({"sequence":4,"time":"2026-11-22T00:00:00.123Z","kind":"card_stored","success":true,)"
      R"("actor":"shopper","origin":"192.0.2.1","object":"card_session:7",)"
      R"("details":{"session":"s","brand":"visa"},"instance":"pay-1","lost":2,"previous":"0000)"));
}

TEST(AuditLine, EveryKindIsReadByItsName) {
  for (const AuditKind kind : domain::AllAuditKinds()) {
    EXPECT_EQ(ParseAuditKind(domain::ToString(kind)), kind);
  }
  EXPECT_EQ(ParseAuditKind("card_eaten"), std::nullopt);
}

TEST(AuditLine, ANameThatComesAgainIsKeptUnderAnother) {
  AuditEntry entry = Sample();
  entry.record.details = {{"a", "1"}, {"a", "2"}, {"a_2", "3"}};
  const auto read = ReadAuditLine(kKey, LineOf(entry));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->record.details, (domain::Details{{"a", "1"}, {"a_2", "2"}, {"a_2_2", "3"}}));
}

TEST(AuditLine, WhatIsTooMuchIsCutAndSaidToBe) {
  AuditEntry entry = Sample();
  entry.record.details.assign(100, {"a", std::string(1'000'000, '\n')});
  const std::string line = LineOf(entry);
  EXPECT_LT(line.size(), kLongestAuditLine);
  const auto read = ReadAuditLine(kKey, line);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->record.details.size(), kMostAuditDetails + 1);
  EXPECT_EQ(read->record.details.back(),
            (std::pair<std::string, std::string>("more_details", "76")));
}

// Whatever bytes come from outside: one line of printable ASCII that any JSON reader takes, and
// that reads as the same text, cleaned.
RC_GTEST_PROP(AuditLineProperty, AnyBytesGiveOneLineThatReadsBack,
              (const std::string& actor, const std::string& origin, const std::string& object,
               const std::vector<std::pair<std::string, std::string>>& details)) {
  AuditEntry entry = Sample();
  entry.record = {.kind = AuditKind::kCallerRefused,
                  .success = false,
                  .actor = actor,
                  .origin = origin,
                  .object = object,
                  .details = details};
  entry.instance = actor;
  const std::string line = LineOf(entry);
  RC_ASSERT(std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; }));
  RC_ASSERT(line.size() < kLongestAuditLine);
  const auto read = ReadAuditLine(kKey, line);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->record.actor == base::CleanText(actor, kLongestDetail));
  RC_ASSERT(read->record.origin == base::CleanText(origin, kLongestDetail));
  RC_ASSERT(read->record.object == base::CleanText(object, kLongestDetail));
  RC_ASSERT(read->instance == base::CleanText(actor, kLongestDetail));
  const std::size_t kept = std::min(details.size(), kMostAuditDetails);
  for (std::size_t i = 0; i < kept; ++i) {
    RC_ASSERT(read->record.details[i].second == base::CleanText(details[i].second, kLongestDetail));
  }
  // What was read is written as the same line: nothing is left that would change again.
  const bool fits = kept == details.size() && std::ranges::all_of(details, [](const auto& detail) {
                      return detail.first.size() < kLongestDetailName / 4;
                    });
  if (fits) RC_ASSERT(LineOf(*read) == line);
}

TEST(AuditLine, HostileTextsOfEveryLengthGiveOneLine) {
  for (const std::string& piece :
       {std::string("\n"), std::string("\x1b[31m"), std::string("\xe2\x80\xa8"),
        std::string("\xff\xfe"), std::string("\"},{\""), std::string("\\u000a"),
        std::string(1, '\0'), std::string("\r\n{\"sequence\":1"), std::string("\xe2\x80\xae")}) {
    std::string text;
    while (text.size() < 1'000'000) text += piece + text;
    AuditEntry entry = Sample();
    entry.record.actor = entry.record.origin = entry.record.object = text;
    entry.record.details = {{text, text}, {text, text}};
    const std::string line = LineOf(entry);
    EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; }));
    const auto read = ReadAuditLine(kKey, line);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->record.actor, base::CleanText(text, kLongestDetail));
  }
}

}  // namespace
}  // namespace obolus::app
