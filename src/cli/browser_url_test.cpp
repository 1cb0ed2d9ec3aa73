#include "cli/browser_url.h"

#include <gtest/gtest.h>

namespace obolus::cli {
namespace {

constexpr char kPage[] = "https://shop.example/cart/pay?step=2";

// Each checked against `new URL(reference, page).href` of Node 18, the fragment aside.
TEST(ResolveReference, IsWhatBrowsersDo) {
  const std::pair<const char*, const char*> cases[] = {
      {"x.js", "https://shop.example/cart/x.js"},
      {"./x.js", "https://shop.example/cart/x.js"},
      {"../x.js", "https://shop.example/x.js"},
      {"../../../x.js?y#z", "https://shop.example/x.js?y"},
      {"/a/./b/../x.js", "https://shop.example/a/x.js"},
      {"/a/..", "https://shop.example/"},
      {"/a/.", "https://shop.example/a/"},
      {"?q", "https://shop.example/cart/pay?q"},
      {"", "https://shop.example/cart/pay?step=2"},
      {"#x", "https://shop.example/cart/pay?step=2"},
      {"//evil.example/x.js", "https://evil.example/x.js"},
      {"\\\\evil.example\\x.js", "https://evil.example/x.js"},
      {"/\\evil.example/x.js", "https://evil.example/x.js"},
      {"///evil.example/x.js", "https://evil.example/x.js"},
      {"https:/\\evil.example", "https://evil.example/"},
      {"HTTPS://EVIL.example/X.js", "https://evil.example/X.js"},
      {"https:x.js", "https://shop.example/cart/x.js"},
      {"http:evil.example/x.js", "http://evil.example/x.js"},
      {" \tht\ntps://evil.example/x.js \r", "https://evil.example/x.js"},
      {"https://evil.example?x", "https://evil.example/?x"},
      {"java\nscript:alert(1)", "javascript:alert(1)"},
      {"\x01javascript:alert(1)", "javascript:alert(1)"},
      {"data:text/javascript,1", "data:text/javascript,1"},
      {"a\\b?c\\d", "https://shop.example/cart/a/b?c\\d"},
  };
  for (const auto& [reference, wanted] : cases) {
    EXPECT_EQ(ResolveReference(kPage, reference), wanted) << reference;
  }
}

TEST(OriginOf, IsSchemeAndHost) {
  EXPECT_EQ(OriginOf("https://shop.example:8443/x?y"), "https://shop.example:8443");
  EXPECT_EQ(OriginOf("https://shop.example"), "https://shop.example");
  EXPECT_EQ(OriginOf("data:text/html,x"), "data:");
}

}  // namespace
}  // namespace obolus::cli
