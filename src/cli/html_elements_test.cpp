#include "cli/html_elements.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace obolus::cli {
namespace {

// The first element of that name; one without a name when there is none.
HtmlElement First(std::string_view html, std::string_view name) {
  const auto elements = ReadHtml(html);
  const auto found = std::ranges::find(elements, name, &HtmlElement::name);
  return found == elements.end() ? HtmlElement{} : *found;
}

TEST(ReadHtml, FindsScriptsHoweverTheyAreSpelt) {
  const char* spellings[] = {
      "<script src=\"x.js\"></script>",
      "<SCRIPT SRC='x.js'></SCRIPT>",
      "<script\n\tsrc\n=\nx.js\n></script >",
      "<script/src=x.js></script>",
      "<script src=x.js",  // an unfinished tag is none
      "<p><table><tr><script src=x.js></script></table>",
      "<script src=&#120;.js></script>",
      "<script src=x.js src=y.js></script>",
      "<noscript><p></noscript><script src=x.js></script>",
      "<template><div><script src=x.js></script></div></template>",
      "<svg><g><script src=x.js /></g></svg>",
      "<!-- --!><script src=x.js></script>",
      "<!--><script src=x.js></script>-->",
      "<title></title><![CDATA[ > ]]><script src=x.js></script>",
  };
  for (const char* html : spellings) {
    const HtmlElement script = First(html, "script");
    if (std::string_view(html) == "<script src=x.js") {
      EXPECT_EQ(script.name, "") << html;
      continue;
    }
    ASSERT_NE(script.Find("src"), nullptr) << html;
    EXPECT_EQ(*script.Find("src"), "x.js") << html;
  }
}

TEST(ReadHtml, FindsNoneWhereABrowserFindsNone) {
  for (const char* html :
       {"<!-- <script src=x.js></script> -->", "<textarea><script src=x.js></script></textarea>",
        "<title><script></script></title>", "<style><script></script></style>",
        "<p title='<script src=x.js></script>'>", "&lt;script src=x.js>"}) {
    EXPECT_EQ(First(html, "script").name, "") << html;
  }
}

TEST(ReadHtml, KeepsNamesOfUnknownElementsAndOfXLink) {
  EXPECT_EQ(First("<FencedFrame mode=x>", "fencedframe").attributes.at("mode"), "x");
  EXPECT_EQ(
      First("<svg><script xlink:HREF=x.js></script></svg>", "script").attributes.at("xlink:href"),
      "x.js");
}

TEST(ReadHtml, GivesTheTextOfScripts) {
  EXPECT_EQ(First("<script>a < b && \"</p>\"</script>", "script").text, "a < b && \"</p>\"");
}

TEST(ReadHtml, ReadsAnything) {
  std::string deep;
  for (int i = 0; i < 1'000; ++i) deep += "<div><b>";
  EXPECT_GT(ReadHtml(deep).size(), 1'000U);
  EXPECT_FALSE(ReadHtml(std::string("\0\xff<\0script>", 11)).empty());
  EXPECT_FALSE(ReadHtml("").empty());  // html, head and body are always there
}

TEST(DepthOf, CountsWhatIsOpenAtOnce) {
  EXPECT_EQ(DepthOf("<html><body><p>a<p>b<br><ul><li><b>c</b><li></ul></body></html>"), 4U);
  EXPECT_EQ(DepthOf("a < b </i></i><Div><IMG src=x><!-- x --><i>"), 2U);
  EXPECT_EQ(DepthOf(""), 0U);
  EXPECT_EQ(DepthOf("<"), 0U);
}

}  // namespace
}  // namespace obolus::cli
