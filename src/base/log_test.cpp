#include "base/log.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace obolus::base {
namespace {

// What `write` logs, one parsed object a line.
std::vector<json::object> Logged(const std::function<void()>& write) {
  FlushLog();
  testing::internal::CaptureStderr();
  write();
  FlushLog();
  const std::string text = testing::internal::GetCapturedStderr();
  std::vector<json::object> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(ParseJson(text.substr(at, end - at))->as_object());
    at = end + 1;
  }
  return lines;
}

TEST(Log, WritesOneJsonObjectALine) {
  const auto lines = Logged([] {
    Log(LogLevel::kInfo, "session_opened",
        {{Field::kSessionId, "s1"},
         {Field::kDurationMs, 1.5},
         {Field::kStatus, std::int64_t{201}}});
  });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].at("event"), "session_opened");
  EXPECT_EQ(lines[0].at("level"), "info");
  EXPECT_EQ(lines[0].at("session_id"), "s1");
  EXPECT_EQ(lines[0].at("duration_ms"), 1.5);
  EXPECT_EQ(lines[0].at("status"), 201);
}

TEST(Log, EveryFieldHasItsOwnName) {
  const auto lines = Logged([] {
    Log(LogLevel::kInfo, "fields",
        {{Field::kAddress, "a"}, {Field::kErrorText, "e"}, {Field::kVersion, "v"}});
  });
  EXPECT_EQ(lines[0].at("address"), "a");
  EXPECT_EQ(lines[0].at("error"), "e");
  EXPECT_EQ(lines[0].at("version"), "v");
}

TEST(Log, AValueCannotForgeALine) {
  const auto lines = Logged([] {
    Log(LogLevel::kWarn, "x", {{Field::kDetail, "a\"}\n{\"event\":\"forged\"\x1b[31m\xff"}});
  });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].at("event"), "x");
}

TEST(Log, LongStringsAreCut) {
  const auto lines =
      Logged([] { Log(LogLevel::kInfo, "x", {{Field::kDetail, std::string(5000, 'y')}}); });
  EXPECT_EQ(lines[0].at("detail").as_string().size(), 512U);
}

TEST(Log, LinesBelowTheLevelAreDropped) {
  SetLogLevel(LogLevel::kWarn);
  const auto lines = Logged([] {
    Log(LogLevel::kInfo, "quiet");
    Log(LogLevel::kError, "loud");
  });
  SetLogLevel(LogLevel::kInfo);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].at("event"), "loud");
}

}  // namespace
}  // namespace obolus::base
