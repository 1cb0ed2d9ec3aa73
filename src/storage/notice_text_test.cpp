#include "storage/notice_text.h"

#include <gtest/gtest.h>

#include "contract/session_samples.h"

namespace obolus::storage {
namespace {

TEST(NoticeText, ComesBackWithEachSessionOnce) {
  contract::Samples samples;
  const base::Uuid first = samples.NewId();
  const base::Uuid second = samples.NewId();
  const base::Uuid store = samples.NewId();
  for (const bool events : {false, true}) {
    const auto told = ParseNoticeText(ToNoticeText({store, {second, first, second}, events}));
    EXPECT_EQ(told, (SharedNotice{store, {first, second}, events}));
  }
  EXPECT_EQ(ParseNoticeText(ToNoticeText({store, {}, true})), (SharedNotice{store, {}, true}));
}

TEST(NoticeText, NamesNoSessionWhenNotAllFit) {
  contract::Samples samples;
  SharedNotice notice{samples.NewId(), {}, true};
  std::size_t most = 0;
  for (int i = 0; i < 500; ++i) {
    notice.sessions.push_back(samples.NewId());
    const std::string text = ToNoticeText(notice);
    EXPECT_LT(text.size(), 8000u);
    const auto told = ParseNoticeText(text);
    ASSERT_TRUE(told);
    EXPECT_TRUE(told->events);
    EXPECT_TRUE(told->sessions == notice.sessions || told->sessions.empty());
    most = std::max(most, told->sessions.size());
  }
  EXPECT_GT(most, 350u);
}

TEST(NoticeText, OtherTextIsNone) {
  contract::Samples samples;
  const std::string good = ToNoticeText({samples.NewId(), {samples.NewId()}, false});
  ASSERT_TRUE(ParseNoticeText(good));
  for (const std::string& text : {std::string(), std::string("*"), good + "x", good.substr(1),
                                  "!" + good.substr(1), good.substr(0, 22) + " 2 "}) {
    EXPECT_EQ(ParseNoticeText(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace obolus::storage
