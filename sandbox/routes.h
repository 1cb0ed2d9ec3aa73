// A small router: method and path pattern to handler, "{name}" matching one path segment. A path
// that is known under other methods answers 405 with Allow, anything else 404. Filled once before
// serving, then read-only from every engine thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"
#include "net/http_server.h"

namespace obolus::sandbox {

struct RouteCall {
  net::HttpRequest request;
  std::vector<std::string> arguments;  // the "{name}" segments in order, percent-decoded
  net::Responder responder;
};

class Routes {
 public:
  using RouteHandler = std::function<void(RouteCall)>;

  void Add(std::string_view method, std::string_view pattern, RouteHandler handler);
  void Dispatch(net::HttpRequest request, net::Responder responder) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    RouteHandler handler;
  };
  std::vector<Route> routes_;
};

// The value of a query parameter, percent-decoded; "" when absent or ill-formed.
std::string QueryParameter(std::string_view query, std::string_view name);

// The same for an application/x-www-form-urlencoded body.
std::string FormField(std::string_view body, std::string_view name);

// For forms that the sandbox posts itself.
std::string FormEncode(std::string_view value);

}  // namespace obolus::sandbox
