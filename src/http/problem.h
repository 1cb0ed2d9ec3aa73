// Errors as answers: RFC 9457 problem documents that also carry the members of Commerce's own error
// shape (contract §1.4). The only file that knows status codes of errors. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_message.h"

namespace obolus::http {

// 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503, 504.
int StatusOf(base::ErrorCode code);

// `instance` is the request id, as "urn:request:<id>"; empty leaves the member out.
net::HttpResponse MakeProblem(const base::Error& error, std::string_view instance);

// A destination that we asked for the caller gave no usable answer: 502, or 504 when it took too
// long. Says nothing of coming back: what was asked for may have happened.
net::HttpResponse MakeGatewayProblem(bool timed_out, std::string detail, std::string_view instance);

// For requests that the engine refuses before they reach a route (400, 408, 413, 431, …).
net::HttpResponse MakeProblem(int status, std::string detail);

}  // namespace obolus::http
