#include "cli/script_inventory.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/integrity.h"

namespace obolus::cli {
namespace {

constexpr char kUrl[] = "https://pay.example/checkout/pay_x?locale=de";
constexpr char kScript[] = "https://pay.example/page/v1/0a/checkout.js";

base::json::value Inventory() {
  const base::json::object script = {{"url", "/page/v1/0a/checkout.js"},
                                     {"integrity", base::IntegrityOf("run()")}};
  const base::json::object imported = {
      {"url", "/later.js"}, {"integrity", base::IntegrityOf("later()")}, {"imported_by", "x"}};
  const base::json::object headers = {
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'nonce-{{nonce}}'; base-uri 'none'; "
       "frame-ancestors 'self'{{ancestors}}"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Content-Type-Options", "nosniff"}};
  const base::json::object end = {{"path", "/checkout/{session_key}"}, {"page", "end"}};
  const base::json::object page = {{"path", "/checkout/{session_key}"},
                                   {"page", "checkout"},
                                   {"frame", "/frame/v1/{session_key}"},
                                   {"style", base::IntegrityOf("p{}")},
                                   {"scripts", base::json::array{script, imported}},
                                   {"headers", headers}};
  return base::json::object{{"pages", base::json::array{end, page}}};
}

class CheckedPage {
 public:
  std::string policy =
      "default-src 'none'; script-src 'nonce-abc'; base-uri 'none'; "
      "frame-ancestors 'self' https://shop.example";
  std::string body = "<meta charset=utf-8><style nonce=abc>p{}</style><script nonce=abc src=" +
                     std::string(kScript) + " integrity=" + base::IntegrityOf("run()") +
                     "></script><p data-later=/later.js></p>";
  std::string file = "run()";
  std::string later = "later()";
  net::Headers others = {{"Content-Type", "text/html; charset=utf-8"},
                         {"Referrer-Policy", "no-referrer"},
                         {"X-Content-Type-Options", "nosniff"}};

  // How many things are wrong with it.
  std::size_t Faults(const char* url = kUrl) const {
    net::HttpResponse response{.status = 200, .headers = others, .body = body};
    response.headers.Add("Content-Security-Policy", policy);
    PageRecord record = RecordPage(url, response);
    record.items.push_back({"bytes", std::string(kScript) + " " + base::IntegrityOf(file)});
    record.items.push_back({"bytes", "https://pay.example/later.js " + base::IntegrityOf(later)});
    std::ranges::sort(record.items);
    const auto wrong = CheckInventory(Inventory(), record, url);
    return wrong ? wrong->size() : 1'000;
  }
};

TEST(CheckInventory, FindsNothingWrongWithOurPage) {
  EXPECT_EQ(CheckedPage().Faults(), 0U);
}

TEST(CheckInventory, LetsAProxyAddStrictTransportSecurity) {
  CheckedPage page;
  page.others.Add("Strict-Transport-Security", "max-age=1");
  EXPECT_EQ(page.Faults(), 0U);
}

TEST(CheckInventory, KnowsNoOtherAddress) {
  EXPECT_EQ(CheckedPage().Faults("https://pay.example/checkout/"), 1'000U);
  EXPECT_EQ(CheckedPage().Faults("https://pay.example/checkout/a/b"), 1'000U);
  EXPECT_EQ(CheckedPage().Faults("https://pay.example/else/a"), 1'000U);
}

TEST(CheckInventory, FindsAFileThatIsNotInItAndOneThatIsMissing) {
  CheckedPage page;
  page.body += "<script src=/other.js></script>";
  EXPECT_EQ(page.Faults(), 1U);
  page.body = "<meta charset=utf-8><style nonce=abc>p{}</style>";
  EXPECT_EQ(page.Faults(), 2U);
}

TEST(CheckInventory, FindsOtherBytesAndAMissingIntegrity) {
  CheckedPage page;
  page.file = "run() ";
  EXPECT_EQ(page.Faults(), 1U);
  CheckedPage other;
  other.later = "steal()";
  EXPECT_EQ(other.Faults(), 1U);
  CheckedPage bare;
  bare.body = "<style nonce=abc>p{}</style><script src=" + std::string(kScript) +
              "></script><p data-later=/later.js></p>";
  EXPECT_EQ(bare.Faults(), 1U);
}

TEST(CheckInventory, FindsWhatRunsOrLoadsWithoutBeingAFile) {
  for (const char* body :
       {"<script>1</script>", "<p onclick=a()>", "<a href=javascript:a()>", "<base href=/>",
        "<object data=x>", "<iframe src=//evil.example>", "<form action=//evil.example>",
        "<link rel=preconnect href=//evil.example>", "<meta http-equiv=refresh content=0>",
        "<style>a{}</style>", "<style nonce=abc>a{}</style>", "<img src=//evil.example/x>"}) {
    CheckedPage page;
    page.body += body;
    EXPECT_GE(page.Faults(), 1U) << body;
  }
}

TEST(CheckInventory, KnowsTheCardFrameOnceAndLockedIn) {
  const auto framed = [](const std::string& attributes) {
    CheckedPage page;
    page.body += "<iframe allow='' referrerpolicy=no-referrer " + attributes + "></iframe>";
    return page;
  };
  const std::string source = "src='/frame/v1/pay_x?locale=de&theme=auto' ";
  const std::string locked = "sandbox='allow-scripts allow-same-origin' title=x ";
  auto page = framed(source + locked);
  EXPECT_EQ(page.Faults(), 0U);
  page.body += page.body.substr(page.body.find("<iframe"));
  EXPECT_EQ(page.Faults(), 1U) << "a second one";
  for (const std::string& other :
       {source + "title=x",
        source + "sandbox='allow-scripts allow-same-origin allow-popups' title=x",
        source + locked + "srcdoc=x", source + locked + "onload=a()", "src=/frame/v1/ " + locked,
        "src=/checkout/pay_x " + locked, "src=//evil.example/frame/v1/pay_x " + locked}) {
    EXPECT_GE(framed(other).Faults(), 1U) << other;
  }
}

TEST(CheckInventory, FindsEveryHeaderThatIsGoneOrNew) {
  const CheckedPage whole;
  for (std::size_t left_out = 0; left_out < whole.others.size(); ++left_out) {
    CheckedPage page;
    page.others = {};
    std::size_t i = 0;
    for (const auto& [name, value] : whole.others) {
      if (i++ != left_out) page.others.Add(name, value);
    }
    EXPECT_EQ(page.Faults(), 1U) << left_out;
  }
  for (const char* name : {"Link", "Refresh", "Access-Control-Allow-Origin"}) {
    CheckedPage page;
    page.others.Add(name, "x");
    EXPECT_EQ(page.Faults(), 1U) << name;
  }
}

TEST(CheckInventory, FindsAnotherPolicy) {
  const std::string whole = CheckedPage().policy;
  const std::pair<std::string, std::string> changes[] = {
      {"script-src 'nonce-abc'", "script-src 'nonce-abc' 'unsafe-inline'"},
      {"script-src 'nonce-abc'; ", ""},
      {"default-src 'none'", "default-src 'self'"},
      {"base-uri 'none'; ", ""},
      {"https://shop.example", "*"},
      {"https://shop.example", "https:"},
      {"https://shop.example", "https://*.example"},
      {"default-src", "script-src *; default-src"},
      {"default-src", "img-src *; default-src"},
  };
  for (const auto& [from, to] : changes) {
    CheckedPage page;
    page.policy.replace(whole.find(from), from.size(), to);
    EXPECT_GE(page.Faults(), 1U) << page.policy;
  }
}

TEST(CheckInventory, RefusesAnInventoryWithoutPages) {
  for (const base::json::value& inventory :
       {base::json::value(), base::json::value(base::json::object{{"pages", 1}})}) {
    EXPECT_FALSE(CheckInventory(inventory, {}, kUrl));
  }
}

}  // namespace
}  // namespace obolus::cli
