#include "sandbox/shop.h"

#include <array>
#include <memory>
#include <utility>

#include "base/check.h"
#include "sandbox/page.h"
#include "sandbox/problem.h"
#include "sandbox/test_cards.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

constexpr std::string_view kCurrency = "EUR";

constexpr std::array kItems = {
    ShopItem{"oil", "Olive oil", "Cold pressed, 500 ml", 1450},
    ShopItem{"cup", "Stoneware cup", "Glazed by hand", 1800},
    ShopItem{"towel", "Linen towel", "Washed, 50 × 70 cm", 1200},
};

// Takes a handler's answer where a socket would be.
class Catch final : public net::Responder::Sink {
 public:
  explicit Catch(std::move_only_function<void(net::HttpResponse)> caught)
      : caught_(std::move(caught)) {}
  void Send(net::HttpResponse response) override { caught_(std::move(response)); }
  std::shared_ptr<net::ResponseStream> Start(net::HttpResponse) override { return nullptr; }

 private:
  std::move_only_function<void(net::HttpResponse)> caught_;
};

std::string TextAt(const json::object& payment, std::string_view pointer) {
  return base::FindString(json::value(payment), pointer).value_or("");
}

}  // namespace

json::object ShopView(const json::object& payment) {
  const std::string processing = TextAt(payment, "/processing/status");
  const std::string action = TextAt(payment, "/processing/requirement/action");
  json::object view{{"id", payment.at("id")},
                    {"status", payment.at("status")},
                    {"amount", payment.at("amount")},
                    {"currency", payment.at("currency")},
                    {"order_id", payment.at("order_id")},
                    {"paid", processing == "COMPLETED"}};
  if (action == kActionSetPaymentMethod) {
    view["next"] = "card";
    view["session_key"] = TextAt(payment, "/processing/requirement/options/0/session_key");
  } else if (action == kActionRedirect) {
    view["next"] = "redirect";
    view["url"] = TextAt(payment, "/processing/requirement/options/0/url");
  } else {
    view["next"] = processing == "PENDING" ? "wait" : "done";
  }
  if (auto reason = TextAt(payment, "/failure_reasons/0/message"); !reason.empty()) {
    view["reason"] = reason;
  }
  return view;
}

base::Result<std::int64_t> Shop::TotalOf(const json::object& body) {
  std::vector<base::FieldError> faults;
  base::JsonReader reader(body, "", &faults);
  const auto* lines = reader.Array("items", 20);
  if (!lines || lines->empty()) return base::Invalid("/items", "the basket is empty");
  std::int64_t total = 0;
  for (std::size_t i = 0; i < lines->size(); ++i) {
    const auto* line = (*lines)[i].if_object();
    if (!line) return base::Invalid("/items/" + std::to_string(i), "must be an object");
    base::JsonReader inner(*line, "/items/" + std::to_string(i), &faults);
    auto id = inner.String("id").value_or("");
    auto quantity = inner.Integer("quantity", 1, 20).value_or(0);
    std::int64_t price = 0;
    for (const auto& item : kItems) {
      if (item.id == id) price = item.price_minor;
    }
    if (price == 0) inner.Fault("id", "is not an item of this shop");
    if (quantity == 0) inner.Fault("quantity", "must be 1 to 20");
    total += price * quantity;
  }
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  return total;
}

void Shop::AddRoutes(Routes& routes) {
  for (std::string_view path : {"/", "/shop/paid", "/shop/failed"}) {
    routes.Add("GET", path, [this](RouteCall call) { Page(std::move(call)); });
  }
  routes.Add("GET", "/shop/assets/{name}",
             [](RouteCall call) { call.responder.Send(AssetAnswer(call.arguments[0])); });
  routes.Add("GET", "/shop/config",
             [this](RouteCall call) { call.responder.Send(JsonAnswer(200, Config())); });
  routes.Add("POST", "/shop/pay", [this](RouteCall call) { Pay(std::move(call)); });
  routes.Add("GET", "/shop/payments/{id}", [this](RouteCall call) { Payment(std::move(call)); });
}

void Shop::Page(RouteCall call) const {
  const std::string policy = "default-src 'none'; script-src 'self' " + options_.shopper_url +
                             "; style-src 'self'; img-src 'self' data:; connect-src 'self' " +
                             options_.shopper_url + "; frame-src " + options_.shopper_url +
                             "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  call.responder.Send(HtmlAnswer(200, std::string(FindAsset("index.html")->content), policy));
}

json::object Shop::Config() const {
  json::array items;
  for (const auto& item : kItems) {
    items.push_back(json::object{{"id", item.id},
                                 {"name", item.name},
                                 {"detail", item.detail},
                                 {"price", item.price_minor}});
  }
  json::array cards;
  for (const auto& card : TestCards()) {
    cards.push_back(json::object{{"number", card.number},
                                 {"shown", GroupedNumber(card.number)},
                                 {"network", card.network},
                                 {"story", card.story}});
  }
  return {{"shopper_url", options_.shopper_url},
          {"currency", kCurrency},
          {"items", std::move(items)},
          {"test_cards", std::move(cards)}};
}

void Shop::Pay(RouteCall call) {
  auto body = ReadJsonBody(call.request);
  auto total = body ? TotalOf(*body) : base::Result<std::int64_t>(std::unexpected(body.error()));
  if (!total) {
    call.responder.Send(Problem(total.error()));
    return;
  }
  json::object order{{"amount", *total},
                     {"currency_code", kCurrency},
                     {"order_id", "agora-" + base::ToString(ids_.NewUuid()).substr(0, 8)},
                     {"continuation", json::object{{"success", options_.shop_url + "/shop/paid"},
                                                   {"error", options_.shop_url + "/shop/failed"}}}};
  if (const auto* flow = body->if_contains("flow")) {
    order["metadata"] = json::object{{"flow", *flow}};
  }
  net::HttpRequest request;
  request.method = "POST";
  request.target = request.path = "/payments";
  request.headers = {{"content-type", "application/json"}, {"x-api-key", options_.api_key}};
  request.body = base::ToText(order);
  auto sink = std::make_unique<Catch>([responder = std::move(call.responder)](
                                          net::HttpResponse answer) mutable {
    auto payment = base::ParseJson(answer.body);
    const bool created = answer.status == 201 && payment && payment->is_object();
    responder.Send(created ? JsonAnswer(201, ShopView(payment->as_object())) : std::move(answer));
  });
  payments_.Create(std::move(request), net::Responder(std::move(sink)));
}

void Shop::Payment(RouteCall call) const {
  auto payment = commerce_.Show(call.arguments[0]);
  call.responder.Send(payment ? JsonAnswer(200, ShopView(*payment))
                              : Problem(404, "NOT_FOUND", "There is no such payment."));
}

}  // namespace obolus::sandbox
