#include "eventing/http_event_bridge.h"

#include <new>

namespace obolus::eventing {
namespace {

using app::Delivery;

// `done` must be called, even when there is no memory to say what happened.
Delivery JudgeOrRetry(const base::Result<net::HttpResponse>& response) {
  try {
    return Judge(response);
  } catch (const std::bad_alloc&) {
    return {Delivery::Outcome::kRetry, std::nullopt, ""};
  }
}

}  // namespace

base::Result<std::unique_ptr<HttpEventBridge>> HttpEventBridge::Make(BridgeOptions options) {
  auto client = net::RenewableClient::Make(options.client);
  if (!client) return std::unexpected(client.error());
  return std::unique_ptr<HttpEventBridge>(
      new HttpEventBridge(std::move(options), std::move(*client)));
}

void HttpEventBridge::Deliver(const app::OutboxEvent& event,
                              std::move_only_function<void(Delivery)> done) {
  net::ClientRequest request{
      .method = "POST", .url = options_.url, .headers = {}, .body = event.body};
  request.headers.Add("Content-Type", "application/json");
  request.headers.Add("ce-specversion", "1.0");
  request.headers.Add("ce-type", event.type);
  request.headers.Add("ce-source", options_.source);
  request.headers.Add("ce-id", base::ToString(event.id));
  request.headers.Add("ce-time", base::FormatTime(event.time));
  request.headers.Add("ce-subject", event.subject);
  request.headers.Add("ce-traceparent", event.traceparent);
  request.headers.Add("traceparent", event.traceparent);
  if (!event.request_id.empty()) request.headers.Add("X-Request-Id", event.request_id);
  client_->Send(std::move(request),
                [done = std::move(done)](base::Result<net::HttpResponse> response) mutable {
                  done(JudgeOrRetry(response));
                });
}

Delivery Judge(const base::Result<net::HttpResponse>& response) {
  if (!response) return {Delivery::Outcome::kRetry, std::nullopt, response.error().message};
  const int status = response->status;
  std::string error = "the bridge answered " + std::to_string(status);
  if (status >= 200 && status < 300) return {Delivery::Outcome::kAccepted, std::nullopt, ""};
  if (status == 410 || status == 415) {
    return {Delivery::Outcome::kRefused, std::nullopt, std::move(error)};
  }
  if (status == 429 || status == 503) {
    const auto retry_after = net::RetryAfter(*response);
    const auto outcome = retry_after ? Delivery::Outcome::kRetryAfter : Delivery::Outcome::kRetry;
    return {outcome, retry_after, std::move(error)};
  }
  return {Delivery::Outcome::kRetry, std::nullopt, std::move(error)};
}

}  // namespace obolus::eventing
