#include "http/work_json.h"

#include "domain/proof_of_work.h"
#include "http/client_address.h"

namespace obolus::http {
namespace {

namespace json = base::json;

constexpr char kPointer[] = "/result/proof_of_work";
constexpr std::size_t kLongestSeed = 100;
constexpr std::int64_t kMostCounter = 0xffff'ffff;

}  // namespace

app::Visitor VisitorOf(const Exchange& exchange) {
  return {.client = SubscriberOf(exchange.client_address), .site = SiteOf(exchange.client_address)};
}

void AddWork(json::object& state, const app::Services& services, const app::SessionView& view,
             const app::Visitor& visitor) {
  if (services.card_testing == nullptr || state["next_action"] != "tokenize_card") return;
  const auto work = services.card_testing->WorkFor(view.session, visitor, services.ids, view.now);
  if (!work) return;
  state["data"].as_object()["proof_of_work"] = {{"algorithm", "SHA-256"},
                                                {"seed", work->seed},
                                                {"bits", work->order.bits},
                                                {"parts", work->order.parts}};
}

std::optional<app::WorkDone> ReadWork(const json::value& body,
                                      std::vector<base::FieldError>& faults) {
  const json::value* proof = base::FindPointer(body, kPointer);
  if (proof == nullptr || proof->is_null()) return std::nullopt;
  const auto* object = proof->if_object();
  if (object == nullptr) {
    faults.push_back({kPointer, "must be an object"});
    return std::nullopt;
  }
  base::JsonReader reader(*object, kPointer, &faults);
  app::WorkDone done;
  if (auto seed = reader.String("seed", kLongestSeed)) {
    done.seed = std::move(*seed);
  } else if (reader.Find("seed") == nullptr) {
    reader.Fault("seed", "is needed");
  }
  const json::array* counters = reader.Array("counters", domain::kMostWorkParts);
  if (counters == nullptr && reader.Find("counters") == nullptr) {
    reader.Fault("counters", "is needed");
  }
  for (std::size_t i = 0; counters != nullptr && i < counters->size(); ++i) {
    const json::value& item = (*counters)[i];  // parsed numbers are int64 where they fit
    if (!item.is_int64() || item.get_int64() < 0 || item.get_int64() > kMostCounter) {
      reader.Fault("counters", "must be whole numbers below 2^32");
      break;
    }
    done.counters.push_back(static_cast<std::uint32_t>(item.get_int64()));
  }
  return done;
}

}  // namespace obolus::http
