#include "http/router.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/log.h"
#include "base/trace.h"
#include "base/url.h"

namespace obolus::http {
namespace {

using Clock = std::chrono::steady_clock;
using Segments = std::vector<std::string>;

Segments Split(std::string_view path) {
  Segments segments;
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    segments.emplace_back(path.substr(at, end - at));
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

struct Router::Entry {
  Route route;
  Segments segments;
  std::array<base::Counter, 6> by_class;  // index: status / 100
  base::Histogram seconds;
};

namespace {

// Stands between a route and the engine, to see what was answered and when.
class ObservedSink final : public net::Responder::Sink {
 public:
  struct What {
    std::string listener;
    std::string route;
    std::string method;
    std::string request_id;
    std::string trace_id;
    std::array<base::Counter, 6> by_class;
    base::Histogram seconds;
  };

  ObservedSink(net::Responder inner, What what)
      : inner_(std::move(inner)), what_(std::move(what)), start_(Clock::now()) {}

  void Send(net::HttpResponse response) override {
    Observe(response);
    inner_.Send(std::move(response));
  }
  std::shared_ptr<net::ResponseStream> Start(net::HttpResponse head) override {
    Observe(head);
    return inner_.Start(std::move(head));
  }

 private:
  void Observe(net::HttpResponse& response) {
    response.headers.Add("X-Request-Id", what_.request_id);
    const std::chrono::duration<double> took = Clock::now() - start_;
    what_.by_class[static_cast<std::size_t>(std::clamp(response.status / 100, 0, 5))].Add();
    what_.seconds.Observe(took.count());
    using base::Field;
    base::Log(response.status >= 500 ? base::LogLevel::kWarn : base::LogLevel::kInfo, "request",
              {{Field::kListener, what_.listener},
               {Field::kMethod, what_.method},
               {Field::kRoute, what_.route},
               {Field::kStatus, std::int64_t{response.status}},
               {Field::kDurationMs, took.count() * 1000},
               {Field::kRequestId, what_.request_id},
               {Field::kTraceId, what_.trace_id}});
  }

  net::Responder inner_;
  What what_;
  Clock::time_point start_;
};

}  // namespace

Router::Router(std::string listener, base::Metrics& metrics, base::IdSource& ids)
    : listener_(std::move(listener)), metrics_(metrics), ids_(ids) {
  Add({.method = "*", .pattern = "/unknown", .handler = [](Exchange exchange) {
         exchange.Refuse({base::ErrorCode::kNotFound, "there is nothing at this path", {}, {}});
       }});
  unknown_ = std::move(entries_.back());
  entries_.clear();
}

Router::~Router() = default;

void Router::Add(Route route) {
  auto entry = std::make_unique<Entry>();
  entry->segments = Split(route.pattern);
  entry->route = std::move(route);
  for (int status_class = 1; status_class <= 5; ++status_class) {
    entry->by_class[static_cast<std::size_t>(status_class)] = metrics_.AddCounter(
        "obolus_http_requests_total", "Requests by listener, route and status class.",
        {{"listener", listener_},
         {"route", entry->route.method + " " + entry->route.pattern},
         {"status", std::to_string(status_class) + "xx"}});
  }
  entry->by_class[0] = entry->by_class[5];
  entry->seconds = metrics_.AddHistogram(
      "obolus_http_request_seconds", "Time from the whole request to its answer.",
      {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10},
      {{"listener", listener_}, {"route", entry->route.method + " " + entry->route.pattern}});
  // Exact patterns first, so that /frame/v1/card.js is found before /frame/v1/{session_key}.
  const auto parameters = [](const std::unique_ptr<Entry>& e) {
    return std::ranges::count_if(e->segments, IsParameter);
  };
  const auto place = std::ranges::upper_bound(entries_, parameters(entry), {}, parameters);
  entries_.insert(place, std::move(entry));
}

void Router::AddGuard(Guard guard) {
  guards_.push_back(std::move(guard));
}

const Router::Entry* Router::Find(
    const net::HttpRequest& request, std::string& allow,
    std::map<std::string, std::string, std::less<>>& parameters) const {
  const Segments segments = Split(request.path);
  for (const auto& entry : entries_) {
    if (entry->segments.size() != segments.size()) continue;
    std::map<std::string, std::string, std::less<>> values;
    bool matches = true;
    for (std::size_t i = 0; matches && i < segments.size(); ++i) {
      const std::string& wanted = entry->segments[i];
      if (!IsParameter(wanted)) {
        matches = wanted == segments[i];
        continue;
      }
      const auto value = base::PercentDecode(segments[i]);
      matches = value && !value->empty();
      if (matches) values.emplace(wanted.substr(1, wanted.size() - 2), *value);
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
  std::string allow;
  std::map<std::string, std::string, std::less<>> parameters;
  const Entry* found = Find(request, allow, parameters);
  const Entry& entry = found != nullptr ? *found : *unknown_;
  std::string request_id = RequestIdOf(request, ids_);
  std::string traceparent = TraceParentOf(request, ids_);
  auto sink = std::make_unique<ObservedSink>(
      std::move(responder),
      ObservedSink::What{listener_, entry.route.pattern, request.method, request_id,
                         traceparent.substr(3, 32), entry.by_class, entry.seconds});
  Exchange exchange{std::move(request),    net::Responder(std::move(sink)), std::move(parameters),
                    std::move(request_id), std::move(traceparent),          {}};
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
