#include "storage/timeline_document.h"

#include <gtest/gtest.h>

#include "contract/session_samples.h"

namespace obolus::storage {
namespace {

TEST(TimelineDocument, ComesBackAsItWas) {
  contract::Samples samples;
  const auto entry = samples.FullEntry(samples.NewId());
  const auto read = ReadTimelineEntry(entry.session_id, entry.at, ToDocument(entry));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, entry);
}

TEST(TimelineDocument, OfAnotherVersionIsReadAsFarAsItIsKnown) {
  const auto read = ReadTimelineEntry(
      {}, {},
      R"({"side":"auditor","what":"seal","to":"sealed","event":7,"details":{"a":1,"b":"c"}})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->cause.side, domain::Side::kObolus);
  EXPECT_EQ(read->what, "seal");
  EXPECT_EQ(read->to, domain::SessionState::kOpen);
  EXPECT_EQ(read->event, std::nullopt);
  EXPECT_EQ(read->details, (domain::Details{{"b", "c"}}));
}

TEST(TimelineDocument, ThatIsNoObjectIsAnError) {
  for (const char* text : {"", "[]", "{"}) EXPECT_FALSE(ReadTimelineEntry({}, {}, text)) << text;
}

}  // namespace
}  // namespace obolus::storage
