#include "base/log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/json.h"
#include "base/utf8.h"

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
    EXPECT_TRUE(std::ranges::all_of(text.substr(at, end - at),
                                    [](char c) { return c >= 0x20 && c < 0x7f; }));
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

// Whatever bytes: one line of printable ASCII each, that reads as the same text, cleaned.
TEST(Log, AnyBytesGiveOneLineThatReadsBack) {
  std::vector<std::string> texts = {
      "k\xc3\xb6nig", "\xe2\x80\xa8\xe2\x80\xae",  std::string(1, '\0'), "\r\n\n", "\"},{\"",
      "\\u000a",      std::string(1'000'000, '\n')};
  std::mt19937 random(16);  // the same bytes each time
  for (int i = 0; i < 1000; ++i) {
    std::string text(random() % 600, ' ');
    for (char& c : text) c = static_cast<char>(random());
    texts.push_back(std::move(text));
  }
  const auto lines = Logged([&] {
    for (const std::string& text : texts) Log(LogLevel::kWarn, text, {{Field::kDetail, text}});
  });
  ASSERT_EQ(lines.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(lines[i].at("detail").as_string(), CleanText(texts[i], 512));
    EXPECT_EQ(lines[i].at("event").as_string(), CleanText(texts[i], 512));
  }
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
