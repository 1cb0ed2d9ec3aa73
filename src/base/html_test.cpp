#include "base/html.h"

#include <gtest/gtest.h>

namespace obolus::base {
namespace {

TEST(Html, LeavesNothingThatIsMarkup) {
  EXPECT_EQ(EscapeHtml("<a href=\"x\" b='y'>&amp;</a>"),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
  EXPECT_EQ(EscapeHtml("Zo\xc3\xab 42"), "Zo\xc3\xab 42");
  EXPECT_EQ(EscapeHtml(""), "");
}

}  // namespace
}  // namespace obolus::base
