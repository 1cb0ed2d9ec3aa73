#include "http/router.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>

#include "base/check.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/trace.h"
#include "base/url.h"

namespace obolus::http {
namespace {

using Clock = std::chrono::steady_clock;
// The segments of a path, as views of it.
struct Segments {
  std::array<std::string_view, 8> items;
  std::size_t count = 0;  // items.size() + 1: more than any route has

  std::span<const std::string_view> view() const {
    return std::span(items).first(std::min(count, items.size()));
  }
};

Segments Split(std::string_view path) {
  Segments segments;
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (segments.count == segments.items.size()) {
      ++segments.count;
      break;
    }
    segments.items[segments.count++] = path.substr(at, end - at);
    at = end + 1;
  }
  return segments;
}

bool IsParameter(std::string_view segment) {
  return segment.starts_with('{');
}

std::string RequestIdOf(const net::HttpRequest& request, base::IdSource& ids) {
  const std::string* given = request.headers.Find("X-Request-Id");
  const auto harmless = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  };
  if (given != nullptr && !given->empty() && given->size() <= 64 &&
      std::ranges::all_of(*given, harmless)) {
    return *given;
  }
  return base::ToString(ids.NewUuid());
}

std::string TraceParentOf(const net::HttpRequest& request, base::IdSource& ids) {
  const std::string* given = request.headers.Find("traceparent");
  if (given != nullptr && base::ParseTraceParent(*given)) return *given;
  return base::FormatTraceParent(base::NewTrace(ids));
}

}  // namespace

namespace {

// What an answer of one route is counted and logged as. Shared with the answers that are still to
// come, which may outlive the router.
struct RouteRecord {
  std::string listener;
  std::string route;
  std::shared_ptr<const net::Headers> headers;
  std::array<base::Counter, 6> by_class;  // index: status / 100
  base::Histogram seconds;
};

void AddMissing(const net::Headers& headers, net::HttpResponse& response) {
  for (const auto& [name, value] : headers) {
    if (response.headers.Find(name) == nullptr) response.headers.Add(name, value);
  }
}

// Stands between a route and the engine, to see what was answered and when.
class ObservedSink final : public net::Responder::Sink {
 public:
  struct Request {
    std::string method;
    std::string id;
    std::array<char, 32> trace_id;
  };

  ObservedSink(net::Responder inner, std::shared_ptr<const RouteRecord> record, Request request)
      : inner_(std::move(inner)),
        record_(std::move(record)),
        request_(std::move(request)),
        start_(Clock::now()) {}

  void Send(net::HttpResponse response) override {
    Observe(response);
    base::Reach(base::FaultPoint::kBeforeAnswer);
    inner_.Send(std::move(response));
  }
  std::shared_ptr<net::ResponseStream> Start(net::HttpResponse head) override {
    Observe(head);
    base::Reach(base::FaultPoint::kBeforeAnswer);
    return inner_.Start(std::move(head));
  }

 private:
  // Once: a responder answers once.
  void Observe(net::HttpResponse& response) {
    const std::chrono::duration<double> took = Clock::now() - start_;
    record_->by_class[static_cast<std::size_t>(std::clamp(response.status / 100, 0, 5))].Add();
    record_->seconds.Observe(took.count());
    using base::Field;
    base::Log(
        response.status >= 500 ? base::LogLevel::kWarn : base::LogLevel::kInfo, "request",
        {{Field::kListener, record_->listener},
         {Field::kMethod, request_.method},
         {Field::kRoute, record_->route},
         {Field::kStatus, std::int64_t{response.status}},
         {Field::kDurationMs, took.count() * 1000},
         {Field::kRequestId, request_.id},
         {Field::kTraceId, std::string_view(request_.trace_id.data(), request_.trace_id.size())}});
    AddMissing(*record_->headers, response);
    response.headers.Add("X-Request-Id", std::move(request_.id));
  }

  net::Responder inner_;
  const std::shared_ptr<const RouteRecord> record_;
  Request request_;
  const Clock::time_point start_;
};

}  // namespace

struct Router::Entry {
  Route route;
  Segments segments;  // of route.pattern
  std::shared_ptr<const RouteRecord> record;
};

const std::string& Exchange::Parameter(std::string_view name) const {
  const auto found = std::ranges::find(parameters, name, &PathParameters::value_type::first);
  CHECK(found != parameters.end());
  return found->second;
}

Router::Router(std::string listener, base::Metrics& metrics, base::IdSource& ids)
    : listener_(std::move(listener)),
      metrics_(metrics),
      ids_(ids),
      headers_(std::make_shared<net::Headers>()) {
  Add({.method = "*", .pattern = "/unknown", .handler = [](Exchange exchange) {
         exchange.Refuse({base::ErrorCode::kNotFound, "there is nothing at this path", {}, {}});
       }});
  unknown_ = std::move(entries_.back());
  entries_.clear();
}

Router::~Router() = default;

void Router::Add(Route route) {
  auto entry = std::make_unique<Entry>();
  entry->route = std::move(route);
  entry->segments = Split(entry->route.pattern);
  CHECK(entry->segments.count <= entry->segments.items.size());
  auto record = std::make_shared<RouteRecord>();
  record->listener = listener_;
  record->route = entry->route.pattern;
  record->headers = headers_;
  const std::string label = entry->route.method + " " + entry->route.pattern;
  for (int status_class = 1; status_class <= 5; ++status_class) {
    record->by_class[static_cast<std::size_t>(status_class)] = metrics_.AddCounter(
        "obolus_http_requests_total", "Requests by listener, route and status class.",
        {{"listener", listener_},
         {"route", label},
         {"status", std::to_string(status_class) + "xx"}});
  }
  record->by_class[0] = record->by_class[5];
  record->seconds = metrics_.AddHistogram(
      "obolus_http_request_seconds", "Time from the whole request to its answer.",
      {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10},
      {{"listener", listener_}, {"route", label}});
  entry->record = std::move(record);
  // Exact patterns first, so that /frame/v1/card.js is found before /frame/v1/{session_key}.
  const auto parameters = [](const std::unique_ptr<Entry>& e) {
    return std::ranges::count_if(e->segments.view(), IsParameter);
  };
  const auto place = std::ranges::upper_bound(entries_, parameters(entry), {}, parameters);
  entries_.insert(place, std::move(entry));
}

void Router::AddGuard(Guard guard) {
  guards_.push_back(std::move(guard));
}

void Router::AddHeader(std::string name, std::string value) {
  headers_->Add(std::move(name), std::move(value));
}

void Router::Complete(net::HttpResponse& response) const {
  AddMissing(*headers_, response);
}

const Router::Entry* Router::Find(const net::HttpRequest& request, std::string& allow,
                                  PathParameters& parameters) const {
  const Segments segments = Split(request.path);
  for (const auto& entry : entries_) {
    if (entry->segments.count != segments.count) continue;
    PathParameters values;
    bool matches = true;
    for (std::size_t i = 0; matches && i < segments.count; ++i) {
      const std::string_view wanted = entry->segments.items[i];
      if (!IsParameter(wanted)) {
        matches = wanted == segments.items[i];
        continue;
      }
      auto value = base::PercentDecode(segments.items[i]);
      matches = value && !value->empty();
      if (matches) values.emplace_back(wanted.substr(1, wanted.size() - 2), std::move(*value));
    }
    if (!matches) continue;
    const std::string& method = entry->route.method;
    if (method == request.method || (method == "GET" && request.method == "HEAD")) {
      parameters = std::move(values);
      return entry.get();
    }
    allow += (allow.empty() ? "" : ", ") + method + (method == "GET" ? ", HEAD" : "");
  }
  return nullptr;
}

void Router::Dispatch(net::HttpRequest request, net::Responder responder) const {
  base::Reach(base::FaultPoint::kRequestRead);
  std::string allow;
  PathParameters parameters;
  const Entry* found = Find(request, allow, parameters);
  const Entry& entry = found != nullptr ? *found : *unknown_;
  std::string request_id = RequestIdOf(request, ids_);
  std::string traceparent = TraceParentOf(request, ids_);
  ObservedSink::Request observed{request.method, request_id, {}};
  std::copy_n(traceparent.begin() + 3, observed.trace_id.size(), observed.trace_id.begin());
  auto sink =
      std::make_unique<ObservedSink>(std::move(responder), entry.record, std::move(observed));
  Exchange exchange{std::move(request),    net::Responder(std::move(sink)), std::move(parameters),
                    std::move(request_id), std::move(traceparent),          {}};
  exchange.client_address = exchange.request.peer.address;
  exchange.scope = entry.route.scope;
  if (found == nullptr && !allow.empty()) {
    auto response = MakeProblem(
        {base::ErrorCode::kMethodNotAllowed, "this path takes " + allow, {}, std::nullopt},
        exchange.request_id);
    response.headers.Add("Allow", allow);
    return exchange.Answer(std::move(response));
  }
  for (const Guard& guard : guards_) {
    if (found != nullptr && !guard(exchange)) return;
  }
  if (exchange.request.body.size() > entry.route.max_body_bytes) {
    return exchange.Refuse(
        {base::ErrorCode::kTooLarge,
         "the body is longer than " + std::to_string(entry.route.max_body_bytes) + " bytes",
         {},
         std::nullopt});
  }
  entry.route.handler(std::move(exchange));
}

}  // namespace obolus::http
