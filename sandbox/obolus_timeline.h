// Obolus's own account of a payment, for the shop's live view beside Commerce's journal: the
// timelines of its card session and of its challenge, as Obolus's operator listener tells them. A
// view only: nothing that Commerce decides rests on it. Runs on engine threads and the client's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/http_client.h"
#include "sandbox/commerce.h"
#include "sandbox/routes.h"

namespace obolus::sandbox {

class ObolusTimeline {
 public:
  // `operator_url`: origin of Obolus's operator listener. Both references outlive the routes' use.
  ObolusTimeline(const Commerce& commerce, net::HttpClient& client, std::string operator_url)
      : commerce_(commerce), client_(client), operator_url_(std::move(operator_url)) {}

  // GET /control/timeline?payment=ID answers {"sessions": […]}, the card session before the
  // challenge, each as GET /sessions/{id} of the operator listener; a session that Obolus does not
  // know (yet) is left out. 404: no such payment; 503: Obolus does not answer.
  void AddRoutes(Routes& routes);

 private:
  struct Reading;
  void Show(RouteCall call);
  void ReadNext(const std::shared_ptr<Reading>& reading);

  const Commerce& commerce_;
  net::HttpClient& client_;
  const std::string operator_url_;
};

}  // namespace obolus::sandbox
