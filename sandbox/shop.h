// The demo shop: one page with a basket, its backend routes, and the pages that shoppers come back
// to. The backend prices the basket itself, pays through Commerce's own POST /payments handler
// (same bytes, no socket), and reads a payment's true state whatever the address line says. Runs on
// engine threads.
#pragma once

#include <string>
#include <vector>

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "sandbox/commerce.h"
#include "sandbox/payments_api.h"
#include "sandbox/routes.h"

namespace obolus::sandbox {

struct ShopOptions {
  std::string shop_url;     // "http://127.0.0.1:8400"
  std::string shopper_url;  // Obolus's public origin, for the client library and its frame
  std::string api_key;      // for Commerce's payments API
};

struct ShopItem {
  std::string_view id;
  std::string_view name;
  std::string_view detail;
  std::int64_t price_minor;
};

class Shop {
 public:
  Shop(Commerce& commerce, PaymentsApi& payments, base::IdSource& ids, ShopOptions options)
      : commerce_(commerce), payments_(payments), ids_(ids), options_(std::move(options)) {}

  void AddRoutes(Routes& routes);

  // The total of [{id, quantity}], in minor units. kInvalid: not such a list, an unknown item, a
  // quantity outside 1..20, or an empty basket.
  static base::Result<std::int64_t> TotalOf(const base::json::object& body);

 private:
  void Page(RouteCall call) const;
  void Pay(RouteCall call);
  void Payment(RouteCall call) const;
  base::json::object Config() const;

  Commerce& commerce_;
  PaymentsApi& payments_;
  base::IdSource& ids_;
  const ShopOptions options_;
};

// What the shop's page needs to know of a payment: {id, status, next:
// "wait"|"card"|"redirect"|"done", session_key?, url?, paid, reason?, amount, currency, order_id}.
base::json::object ShopView(const base::json::object& payment);

}  // namespace obolus::sandbox
