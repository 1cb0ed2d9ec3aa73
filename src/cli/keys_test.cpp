#include "cli/keys.h"

#include <gtest/gtest.h>

namespace obolus::cli {
namespace {

base::json::value Key(const char* id, const char* state, int needed_by) {
  return {{"kind", "session"},     {"id", id},           {"algorithm", "HMAC-SHA-256"},
          {"state", state},        {"active_at", "now"}, {"replaced_at", nullptr},
          {"needed_by", needed_by}};
}

TEST(Keys, AreATableAndALineAboutTheRewrap) {
  base::json::object answer;
  answer["keys"] = base::json::array{Key("2", "active", 0), Key("1", "accepting", 12)};
  answer["rewrap"] = {{"running", true}, {"waiting", 7}, {"rewrapped", 3}, {"not_opened", 1}};
  EXPECT_EQ(DescribeKeys(answer),
            "KIND     ID  ALGORITHM     STATE      ACTIVE FROM  REPLACED  NEEDED BY\n"
            "session  2   HMAC-SHA-256  active     now          -         0\n"
            "session  1   HMAC-SHA-256  accepting  now          -         12\n"
            "\n"
            "cards under older keys: 7, wrapped anew so far: 3, do not open: 1, under way\n");
}

TEST(Keys, NothingThatAServerSaysReachesTheTerminalUnescaped) {
  base::json::object answer;
  answer["keys"] = base::json::array{Key("\x1b[2J", "active", 0), nullptr};
  EXPECT_EQ(DescribeKeys(answer).find('\x1b'), std::string::npos);
}

TEST(Keys, OnlyWhatMayBePartOfAPathIsAnId) {
  for (const char* good : {"1", "kek-00ff", "rsa-1", "EC_1"}) EXPECT_TRUE(IsKeyId(good)) << good;
  for (const char* bad : {"", "..", "a/b", "a?b", "a b", "%2e"}) EXPECT_FALSE(IsKeyId(bad)) << bad;
  EXPECT_FALSE(IsKeyId(std::string(65, 'a')));
}

}  // namespace
}  // namespace obolus::cli
