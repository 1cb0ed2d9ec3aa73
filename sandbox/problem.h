// Answers of the sandbox's HTTP routes: JSON values and problem documents (RFC 9457) with
// Commerce's own members `code`, `message` and `classifier` beside them. Also the reading of small
// JSON bodies. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "net/http_message.h"

namespace obolus::sandbox {

net::HttpResponse JsonAnswer(int status, const base::json::value& value);

net::HttpResponse Problem(int status, std::string_view classifier, std::string_view message,
                          const std::vector<base::FieldError>& fields = {});

// By the error's code; kInvalid becomes 422 with errors[].
net::HttpResponse Problem(const base::Error& error);

// The body as a JSON object. Errors: kUnsupportedMediaType (not application/json), kTooLarge,
// kMalformed, kInvalid (JSON, but no object).
base::Result<base::json::object> ReadJsonBody(const net::HttpRequest& request);

}  // namespace obolus::sandbox
