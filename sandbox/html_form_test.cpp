#include "sandbox/html_form.h"

#include <gtest/gtest.h>

namespace obolus::sandbox {
namespace {

TEST(HtmlForm, TheFieldsAreWhatABrowserWouldPost) {
  const auto form = ReadForm(
      R"(<p>x</p><form id="f" method="post" action="https://bank.example/acs?a=1&amp;b=2">
         <input type="hidden" name="creq" value="a&quot;b&#39;c">
         <input type="hidden" name="empty" value=""><button name="no">Go</button></form>)",
      "https://obolus.example/3ds/x");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->action, "https://bank.example/acs?a=1&b=2");
  EXPECT_EQ(form->Encoded(), "creq=a%22b%27c&empty=");
}

TEST(HtmlForm, AnActionWithoutAHostIsOfThePagesOwnHost) {
  const auto form =
      ReadForm(R"(<form action="/acs/decide"></form>)", "http://localhost:8400/acs/x");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->action, "http://localhost:8400/acs/decide");
}

TEST(HtmlForm, APageWithoutAFormHasNone) {
  EXPECT_FALSE(ReadForm("<p>Payment cancelled</p>", "https://obolus.example/"));
  EXPECT_FALSE(ReadForm("</form><form action=\"/x\">", "https://obolus.example/"));
}

}  // namespace
}  // namespace obolus::sandbox
