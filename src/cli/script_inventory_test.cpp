#include "cli/script_inventory.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/integrity.h"

namespace obolus::cli {
namespace {

constexpr char kUrl[] = "https://pay.example/checkout/pay_x";
constexpr char kScript[] = "https://pay.example/page/v1/checkout.js";

std::string Integrity() {
  return base::IntegrityOf("run()");
}

base::json::value Inventory() {
  return base::json::object{
      {"scripts", base::json::array{base::json::object{{"path", "/page/v1/checkout.js"},
                                                       {"integrity", Integrity()}}}}};
}

class CheckedPage {
 public:
  std::string policy =
      "default-src 'none'; script-src 'self' 'nonce-abc'; style-src 'self'; form-action 'none'; "
      "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; report-uri /r";
  std::string body =
      "<script nonce=abc src=/page/v1/checkout.js integrity=" + Integrity() + "></script>";
  std::string file = "run()";
  net::Headers others = {{"Content-Type", "text/html; charset=utf-8"},
                         {"Cache-Control", "no-store"},
                         {"Referrer-Policy", "no-referrer"},
                         {"X-Content-Type-Options", "nosniff"},
                         {"Permissions-Policy", "camera=()"},
                         {"Cross-Origin-Opener-Policy", "same-origin"},
                         {"Cross-Origin-Resource-Policy", "same-origin"}};

  // How many things are wrong with it.
  std::size_t Faults() const {
    net::HttpResponse response{.status = 200, .headers = others, .body = body};
    response.headers.Add("Content-Security-Policy", policy);
    PageRecord record = RecordPage(kUrl, response);
    record.items.push_back({"bytes", std::string(kScript) + " " + base::IntegrityOf(file)});
    const auto wrong = CheckInventory(Inventory(), record, kUrl);
    return wrong ? wrong->size() : 1'000;
  }
};

TEST(CheckInventory, FindsNothingWrongWithOurPage) {
  EXPECT_EQ(CheckedPage().Faults(), 0U);
}

TEST(CheckInventory, FindsAFileThatIsNotInIt) {
  CheckedPage page;
  page.body += "<script src=/page/v1/other.js></script>";
  EXPECT_EQ(page.Faults(), 1U);
}

TEST(CheckInventory, FindsOtherBytesAndAMissingIntegrity) {
  CheckedPage page;
  page.file = "run() ";
  EXPECT_EQ(page.Faults(), 1U);
  CheckedPage bare;
  bare.body = "<script src=/page/v1/checkout.js></script>";
  EXPECT_EQ(bare.Faults(), 1U);
}

TEST(CheckInventory, FindsWhatRunsWithoutBeingAFile) {
  for (const char* body :
       {"<script>1</script>", "<p onclick=a()>", "<a href=javascript:a()>", "<base href=/>",
        "<object data=x>", "<iframe src=//evil.example>", "<form action=//evil.example>",
        "<link rel=preconnect href=//evil.example>", "<meta http-equiv=refresh content=0>",
        "<style>a{}</style>"}) {
    CheckedPage page;
    page.body += body;
    EXPECT_GE(page.Faults(), 1U) << body;
  }
}

TEST(CheckInventory, FindsEveryHeaderThatIsGone) {
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
}

TEST(CheckInventory, FindsAWeakerPolicy) {
  const std::string whole = CheckedPage().policy;
  const std::pair<std::string, std::string> changes[] = {
      {"script-src 'self'", "script-src 'self' 'unsafe-inline'"},
      {"script-src 'self'", "script-src https:"},
      {"script-src 'self'", "script-src *"},
      {"script-src 'self'", "script-src 'self' https://evil.example"},
      {"script-src 'self' 'nonce-abc'; ", ""},
      {"default-src 'none'", "default-src 'self'"},
      {"base-uri 'none'; ", ""},
      {"form-action 'none'; ", ""},
      {"form-action 'none'", "form-action https:"},
      {"frame-ancestors 'none'", "frame-ancestors *"},
      {"frame-ancestors 'none'; ", ""},
      {"require-trusted-types-for 'script'; ", ""},
      {"default-src", "script-src *; default-src"},
      {"style-src 'self'", "style-src 'self' 'unsafe-inline'"},
  };
  for (const auto& [from, to] : changes) {
    CheckedPage page;
    page.policy.replace(whole.find(from), from.size(), to);
    EXPECT_GE(page.Faults(), 1U) << page.policy;
  }
}

TEST(CheckInventory, RefusesAnInventoryOfNothing) {
  EXPECT_FALSE(CheckInventory(base::json::object{{"scripts", base::json::array()}}, {}, kUrl));
  EXPECT_FALSE(CheckInventory(nullptr, {}, kUrl));
}

}  // namespace
}  // namespace obolus::cli
