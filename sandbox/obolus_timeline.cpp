#include "sandbox/obolus_timeline.h"

#include <utility>

#include "sandbox/problem.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

constexpr base::JsonLimits kLimits{.max_bytes = 1024 * 1024, .max_depth = 16};

}  // namespace

struct ObolusTimeline::Reading {
  net::Responder responder;
  std::vector<std::string> terminals;  // still to be asked for, the last one first
  json::array sessions;
};

void ObolusTimeline::AddRoutes(Routes& routes) {
  routes.Add("GET", "/control/timeline", [this](RouteCall call) { Show(std::move(call)); });
}

void ObolusTimeline::Show(RouteCall call) {
  const auto payment = commerce_.Show(QueryParameter(call.request.query, "payment"));
  if (!payment) {
    call.responder.Send(Problem(404, "NOT_FOUND", "There is no such payment."));
    return;
  }
  auto reading = std::make_shared<Reading>(std::move(call.responder));
  for (const char* member : {"/tds_terminal_id", "/terminal_id"}) {
    if (auto id = base::FindString(json::value(*payment), member)) {
      reading->terminals.push_back(std::move(*id));
    }
  }
  ReadNext(reading);
}

void ObolusTimeline::ReadNext(const std::shared_ptr<Reading>& reading) {
  if (reading->terminals.empty()) {
    reading->responder.Send(
        JsonAnswer(200, json::object{{"sessions", std::move(reading->sessions)}}));
    return;
  }
  const std::string url = operator_url_ + "/sessions/" + reading->terminals.back();
  reading->terminals.pop_back();
  client_.Send(
      {.method = "GET", .url = url}, [this, reading](base::Result<net::HttpResponse> answer) {
        auto session = answer && answer->status == 200 ? base::ParseJson(answer->body, kLimits)
                                                       : base::Result<json::value>(json::value());
        if (!answer || !session || (answer->status != 200 && answer->status != 404)) {
          reading->responder.Send(
              Problem(503, "UNAVAILABLE", "Obolus's operator listener does not answer."));
          return;
        }
        if (session->is_object()) reading->sessions.push_back(std::move(*session));
        ReadNext(reading);
      });
}

}  // namespace obolus::sandbox
