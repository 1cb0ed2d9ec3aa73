#include "http/event_routes.h"

#include <atomic>
#include <mutex>

#include "base/url.h"
namespace obolus::http {
namespace {

namespace json = base::json;
using app::CloudEvent;
using base::ErrorCode;

constexpr std::size_t kMaxRequestBytes = 256 * 1024;
constexpr std::size_t kMaxBatch = 100;
constexpr base::JsonLimits kLimits{.max_bytes = kMaxRequestBytes, .max_depth = 16};

std::string_view MediaTypeOf(const net::HttpRequest& request) {
  const std::string* type = request.headers.Find("Content-Type");
  if (type == nullptr) return "";
  const std::string_view media = std::string_view(*type).substr(0, type->find(';'));
  return media.substr(0, media.find_last_not_of(" \t") + 1);
}

base::Status CheckAttributes(const CloudEvent& event, std::string_view version,
                             const std::string& time, const std::string& at) {
  std::vector<base::FieldError> faults;
  if (version != "1.0") faults.push_back({at + "/specversion", "must be 1.0"});
  if (event.id.empty() || event.id.size() > 255) {
    faults.push_back({at + "/id", "must have 1 to 255 characters"});
  }
  if (event.source.empty() || event.source.size() > 512) {
    faults.push_back({at + "/source", "must have 1 to 512 characters"});
  }
  if (event.type.empty() || event.type.size() > 255) {
    faults.push_back({at + "/type", "must have 1 to 255 characters"});
  }
  if (!time.empty() && !base::ParseTime(time)) {
    faults.push_back({at + "/time", "must be an RFC 3339 time"});
  }
  if (faults.empty()) return {};
  auto error = base::InvalidMembers(std::move(faults));
  error.error().code = ErrorCode::kMalformed;
  return error;
}

base::Result<CloudEvent> FromJson(const json::value& value, const std::string& at) {
  if (!value.is_object()) {
    return base::Fail(ErrorCode::kMalformed, "a CloudEvent must be a JSON object");
  }
  const auto text = [&value](const char* pointer) {
    return base::FindString(value, pointer).value_or("");
  };
  CloudEvent event{text("/source"), text("/id"), text("/type"), base::FindString(value, "/subject"),
                   nullptr};
  if (auto checked = CheckAttributes(event, text("/specversion"), text("/time"), at); !checked) {
    return std::unexpected(checked.error());
  }
  if (const json::value* data = base::FindPointer(value, "/data")) {
    event.data = *data;
  } else if (const auto encoded = base::FindString(value, "/data_base64")) {
    // Standard base64 (CloudEvents JSON format §3.1.1), told from base64url by two characters.
    std::string url_safe = *encoded;
    for (char& c : url_safe) c = c == '+' ? '-' : c == '/' ? '_' : c;
    url_safe.erase(url_safe.find_last_not_of('=') + 1);
    const auto bytes = base::DecodeBase64Url(url_safe);
    auto parsed = bytes ? base::ParseJson(base::AsText(*bytes), kLimits)
                        : base::Result<json::value>(std::unexpected(bytes.error()));
    if (!parsed) return base::Fail(ErrorCode::kMalformed, at + "/data_base64 does not hold JSON");
    event.data = std::move(*parsed);
  }
  return event;
}

// CloudEvents HTTP binding §3.1.3.2. A sender that did not encode what it should have is taken at
// its word: what cannot be decoded stays as it came.
std::string DecodeAttribute(std::string_view header) {
  const bool quoted = header.size() >= 2 && header.front() == '"' && header.back() == '"';
  std::string text(header);
  if (quoted) {
    text.clear();
    for (std::size_t i = 1; i + 1 < header.size(); ++i) {
      if (header[i] == '\\' && i + 2 < header.size()) ++i;
      text += header[i];
    }
  }
  auto decoded = base::PercentDecode(text);
  return decoded ? std::move(*decoded) : text;
}

base::Result<CloudEvent> FromBinary(const net::HttpRequest& request) {
  const auto header = [&request](const char* name) {
    const std::string* value = request.headers.Find(name);
    return value != nullptr ? DecodeAttribute(*value) : std::string();
  };
  CloudEvent event{header("ce-source"), header("ce-id"), header("ce-type"), std::nullopt, nullptr};
  if (const std::string* subject = request.headers.Find("ce-subject")) {
    event.subject = DecodeAttribute(*subject);
  }
  auto checked = CheckAttributes(event, header("ce-specversion"), header("ce-time"), "");
  if (!checked) return std::unexpected(checked.error());
  if (request.body.empty()) return event;
  auto data = base::ParseJson(request.body, kLimits);
  if (!data) return std::unexpected(data.error());
  event.data = std::move(*data);
  return event;
}

base::Result<std::vector<CloudEvent>> FromStructured(const net::HttpRequest& request, bool batch) {
  auto value = base::ParseJson(request.body, kLimits);
  if (!value) return std::unexpected(value.error());
  std::vector<CloudEvent> events;
  if (!batch) {
    auto event = FromJson(*value, "");
    if (!event) return std::unexpected(event.error());
    events.push_back(std::move(*event));
    return events;
  }
  if (!value->is_array()) return base::Fail(ErrorCode::kMalformed, "a batch must be a JSON array");
  if (value->get_array().size() > kMaxBatch) {
    return base::Fail(ErrorCode::kTooLarge, "a batch must have at most 100 events");
  }
  for (const json::value& item : value->get_array()) {
    auto event = FromJson(item, "/" + std::to_string(events.size()));
    if (!event) return std::unexpected(event.error());
    events.push_back(std::move(*event));
  }
  return events;
}

// Counts receptions by type and what became of them. Types that we don't know share one label.
class ReceptionCounter {
 public:
  explicit ReceptionCounter(base::Metrics& metrics) : metrics_(metrics) {}

  void Count(const std::string& type, std::string_view reception) const {
    const bool known =
        type == "CompleteTDSSession" || type == "SessionVoided" || type == "StateChanged";
    metrics_
        .AddCounter("obolus_events_received_total",
                    "Events of Commerce by type and what became of them.",
                    {{"type", known ? type : "other"}, {"outcome", std::string(reception)}})
        .Add();
  }

 private:
  base::Metrics& metrics_;
};

// The events of one request, each in its own transaction; the answer follows the last.
struct Batch {
  Exchange exchange;
  ReceptionCounter counter;
  std::mutex mutex;
  std::size_t left = 0;
  bool without_effect = false;
  std::optional<base::Error> error;
};

void Received(const std::shared_ptr<Batch>& batch, const std::string& type,
              const base::Result<app::Reception>& reception) {
  std::unique_lock lock(batch->mutex);
  if (!reception) {
    batch->error = reception.error();
    // Contract §3.2: an event whose data is wrong is a malformed event, 400.
    if (batch->error->code == ErrorCode::kInvalid) batch->error->code = ErrorCode::kMalformed;
  } else {
    batch->counter.Count(type, app::ToString(*reception));
    batch->without_effect = batch->without_effect || *reception == app::Reception::kUnmatched ||
                            *reception == app::Reception::kIgnored ||
                            *reception == app::Reception::kConflict;
  }
  if (--batch->left > 0) return;
  lock.unlock();
  if (batch->error) return batch->exchange.Refuse(*batch->error);
  batch->exchange.Answer({.status = batch->without_effect ? 202 : 204, .headers = {}, .body = {}});
}

void Receive(const app::Services& services, base::Metrics& metrics, Exchange exchange) {
  auto events = ParseCloudEvents(exchange.request);
  if (!events) return exchange.Refuse(events.error());
  if (events->empty()) return exchange.Answer({.status = 204, .headers = {}, .body = {}});
  auto batch = std::make_shared<Batch>(std::move(exchange), ReceptionCounter(metrics));
  batch->left = events->size();
  const domain::Cause cause = CauseOf(batch->exchange, domain::Side::kCommerce);
  for (CloudEvent& event : *events) {
    event.cause = cause;
    std::string type = event.type;
    app::ReceiveEvent(services, std::move(event),
                      [batch, type = std::move(type)](base::Result<app::Reception> reception) {
                        Received(batch, type, reception);
                      });
  }
}

// CloudEvents "HTTP 1.1 Web Hooks for Event Delivery" §4: the sender asks, we allow.
void Validate(Exchange exchange) {
  net::HttpResponse response{.status = 200, .headers = {{"Allow", "POST"}}, .body = {}};
  if (const std::string* origin = exchange.request.headers.Find("WebHook-Request-Origin")) {
    response.headers.Add("WebHook-Allowed-Origin", *origin);
    response.headers.Add("WebHook-Allowed-Rate", "*");
  }
  exchange.Answer(std::move(response));
}

}  // namespace

base::Result<std::vector<CloudEvent>> ParseCloudEvents(const net::HttpRequest& request) {
  const std::string_view media = MediaTypeOf(request);
  if (net::EqualsIgnoreCase(media, "application/cloudevents+json")) {
    return FromStructured(request, false);
  }
  if (net::EqualsIgnoreCase(media, "application/cloudevents-batch+json")) {
    return FromStructured(request, true);
  }
  const bool json_or_nothing =
      net::EqualsIgnoreCase(media, "application/json") || (media.empty() && request.body.empty());
  if (!json_or_nothing) {
    return base::Fail(ErrorCode::kUnsupportedMediaType,
                      "events are application/json with ce- headers, application/cloudevents+json "
                      "or application/cloudevents-batch+json");
  }
  auto event = FromBinary(request);
  if (!event) return std::unexpected(event.error());
  std::vector<CloudEvent> events;
  events.push_back(std::move(*event));
  return events;
}

void AddEventRoutes(Router& router, const app::Services& services, base::Metrics& metrics) {
  router.Add(
      {.method = "POST",
       .pattern = "/events",
       .handler = [&services, &metrics](
                      Exchange exchange) { Receive(services, metrics, std::move(exchange)); },
       .max_body_bytes = kMaxRequestBytes,
       .scope = app::Scope::kEvents});
  router.Add({.method = "OPTIONS",
              .pattern = "/events",
              .handler = Validate,
              .scope = app::Scope::kEvents});
}

}  // namespace obolus::http
