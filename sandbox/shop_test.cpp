#include "sandbox/shop.h"

#include <gtest/gtest.h>

#include "sandbox/page.h"
#include "sandbox/test_cards.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

base::Result<std::int64_t> Total(std::string_view body) {
  return Shop::TotalOf(base::ParseJson(body).value().as_object());
}

TEST(Shop, PricesTheBasketItself) {
  EXPECT_EQ(Total(R"({"items":[{"id":"oil","quantity":2},{"id":"cup","quantity":1}]})"), 4700);
  EXPECT_EQ(Total(R"({"items":[{"id":"oil","quantity":1,"price":1}]})"), 1450);
}

TEST(Shop, RefusesABasketThatItCannotPrice) {
  for (std::string_view body :
       {R"({})", R"({"items":[]})", R"({"items":["oil"]})", R"({"items":[{"id":"gold"}]})",
        R"({"items":[{"id":"oil","quantity":0}]})", R"({"items":[{"id":"oil","quantity":21}]})"}) {
    EXPECT_FALSE(Total(body)) << body;
  }
}

TEST(Shop, TellsThePageTheNextStep) {
  auto view = [](std::string_view processing) {
    json::object payment{{"id", "p"},
                         {"status", "ACCEPTED"},
                         {"amount", 1},
                         {"currency", "EUR"},
                         {"order_id", nullptr}};
    payment["processing"] = base::ParseJson(processing).value();
    return base::ToText(ShopView(payment).at("next"));
  };
  EXPECT_EQ(view(R"({"status":"PENDING"})"), "\"wait\"");
  EXPECT_EQ(view(R"({"status":"FAILED"})"), "\"done\"");
  EXPECT_EQ(view(R"({"status":"ACTION_REQUIRED","requirement":{"action":"REDIRECT",
                     "options":[{"url":"u"}]}})"),
            "\"redirect\"");
  EXPECT_EQ(view(R"({"status":"ACTION_REQUIRED","requirement":{"action":"SET_PAYMENT_METHOD",
                     "options":[{"session_key":"k"}]}})"),
            "\"card\"");
}

TEST(Shop, ItsPagesReferToNoOtherHost) {
  for (std::string_view name : {"index.html", "shop.css", "shop.js", "log.js", "acs.html",
                                "acs.css", "acs-return.html", "acs-error.html"}) {
    const Asset* asset = FindAsset(name);
    ASSERT_NE(asset, nullptr) << name;
    EXPECT_EQ(asset->content.find("://"), std::string_view::npos) << name;
  }
}

TEST(TestCards, AreFoundByTheirMaskedDigits) {
  for (const auto& card : TestCards()) {
    EXPECT_EQ(FindTestCard(card.first_six(), card.last_four()), &card) << card.number;
  }
  EXPECT_EQ(FindTestCard("000000", "0000"), nullptr);
  EXPECT_EQ(GroupedNumber("378282246310005"), "3782 822463 10005");
  EXPECT_EQ(GroupedNumber("4242424242424242"), "4242 4242 4242 4242");
}

}  // namespace
}  // namespace obolus::sandbox
