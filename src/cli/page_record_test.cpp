#include "cli/page_record.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace obolus::cli {
namespace {

constexpr char kUrl[] = "https://shop.example/pay/";

net::HttpResponse Page(std::string body, net::Headers headers = {}) {
  return {.status = 200, .headers = std::move(headers), .body = std::move(body)};
}

std::vector<std::string> Texts(const PageRecord& record, std::string_view kind) {
  std::vector<std::string> texts;
  for (const PageItem& item : record.items) {
    if (item.kind == kind) texts.push_back(item.text);
  }
  return texts;
}

std::vector<std::string> TextsOf(std::string body, std::string_view kind) {
  return Texts(RecordPage(kUrl, Page(std::move(body))), kind);
}

TEST(RecordPage, HasEachDirectiveOfThePolicyInALineAndHidesTheNonce) {
  const auto record = RecordPage(
      kUrl,
      Page("<script nonce=abc src=x.js></script><script nonce=old>1</script>",
           {{"Content-Security-Policy", "Script-Src 'self' 'nonce-abc';  base-uri 'none';;"}}));
  EXPECT_EQ(Texts(record, "header"),
            (std::vector<std::string>{"content-security-policy: base-uri 'none'",
                                      "content-security-policy: script-src 'self' 'nonce-…'"}));
  EXPECT_EQ(record.nonces, std::set<std::string>{"abc"});
  EXPECT_EQ(Texts(record, "script"),
            std::vector<std::string>{"<script nonce src=\"https://shop.example/pay/x.js\">"});
  EXPECT_TRUE(
      Texts(record, "inline script").at(0).starts_with("<script nonce=(not of the policy)>"));
}

TEST(RecordPage, TellsASecondPolicyAndARepeatedDirective) {
  const auto record = RecordPage(
      kUrl, Page("", {{"content-security-policy", "img-src *; img-src 'self', img-src 'none'"}}));
  const std::vector<std::string> wanted = {
      "content-security-policy (another): img-src 'none'",
      "content-security-policy: img-src 'self' (repeated, without effect)",
      "content-security-policy: img-src *"};
  EXPECT_EQ(Texts(record, "header"), wanted);
}

TEST(RecordPage, ResolvesByTheBaseElementAndListsFiles) {
  const auto record = RecordPage(
      kUrl, Page("<base href=//cdn.example/a/><script src=x.js integrity=sha256-x></script>"
                 "<link rel='Preload StyleSheet' href=y.css><link rel=modulepreload href=z.mjs>"
                 "<link rel=preload as=fetch href=f.json><link rel=icon href=i.png>"));
  const std::vector<PageFile> wanted = {{"https://cdn.example/a/x.js", "sha256-x", true},
                                        {"https://cdn.example/a/y.css", "", false},
                                        {"https://cdn.example/a/z.mjs", "", true},
                                        {"https://cdn.example/a/f.json", "", false}};
  EXPECT_EQ(record.files, wanted);
}

TEST(RecordPage, HasWhatCanRunWithoutAScriptElement) {
  EXPECT_EQ(TextsOf("<img src=x OnError=a()>", "handler").size(), 1U);
  EXPECT_EQ(TextsOf("<a href=' java\nscript:a()'>x</a>", "script URL").size(), 1U);
  EXPECT_EQ(TextsOf("<form action=JavaScript&colon;a()>", "script URL").size(), 1U);
  EXPECT_EQ(TextsOf("<iframe srcdoc='<script>'></iframe>", "attribute").size(), 1U);
  EXPECT_EQ(
      TextsOf("<svg><animate attributeName=href values=javascript:a() /></svg>", "animate").size(),
      1U);
  EXPECT_EQ(TextsOf("<script type=importmap>{}</script>", "inline script").size(), 1U);
  EXPECT_EQ(TextsOf("<button formaction=//evil.example>", "attribute").size(), 1U);
  EXPECT_EQ(TextsOf("<p style='background:url(//evil.example)'>", "inline style").size(), 1U);
  EXPECT_EQ(TextsOf("<meta http-equiv=refresh content='0;url=//evil.example'>", "meta").size(), 1U);
}

TEST(RecordPage, HasScriptsThatThePageOnlyNames) {
  const auto record =
      RecordPage(kUrl, Page("<body data-next=/later.js?v=1 data-note='.js is fun'>"));
  EXPECT_EQ(Texts(record, "named script"),
            std::vector<std::string>{"body[data-next] https://shop.example/later.js?v=1"});
  const std::vector<PageFile> wanted = {{"https://shop.example/later.js?v=1", "", true}};
  EXPECT_EQ(record.files, wanted);
}

TEST(RecordPage, LeavesOutWhatIsOnlyText) {
  const std::string a =
      "<title>a</title><p class=x style='color:red'>1</p><a href=/a>a</a>"
      "<img src=/1.png><script type=application/json>{\"a\":1}</script>";
  const std::string b =
      "<title>b</title><div>2</div><a href=//else.example>b</a><img src=/2.png>"
      "<script type=application/json>{\"b\":2}</script>";
  EXPECT_EQ(RecordPage(kUrl, Page(a)).items, RecordPage(kUrl, Page(b)).items);
}

TEST(RecordPage, CountsWhereThingsAreLoadedFromOnce) {
  EXPECT_EQ(TextsOf("<img src=//a.example/1><img src=//a.example/2>"
                    "<img srcset='x.png 1x, //b.example/y.png 2x'>",
                    "loads from"),
            (std::vector<std::string>{"img https://a.example", "img https://b.example",
                                      "img https://shop.example"}));
}

TEST(RecordPage, TellsMarksOfOtherEncodings) {
  EXPECT_EQ(TextsOf("\xff\xfe<", "encoding").size(), 2U - 1U);
  EXPECT_EQ(TextsOf("a\x1b(B", "encoding").size(), 1U);
  EXPECT_TRUE(TextsOf("<p>\xc3\xa4</p>", "encoding").empty());
}

TEST(MaskKeys, HidesSessionKeysAndNothingElse) {
  const std::string secret(50, 'A');
  EXPECT_EQ(MaskKeys("/checkout/pay_" + secret + "?x"), "/checkout/pay_…?x");
  EXPECT_EQ(MaskKeys("tds_" + secret + secret), "tds_…" + secret);
  EXPECT_EQ(MaskKeys("pay_" + secret.substr(1)), "pay_" + secret.substr(1));
}

}  // namespace
}  // namespace obolus::cli
