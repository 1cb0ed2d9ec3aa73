// A response as bytes (RFC 9112 §4): status line, Date, the handler's headers, framing. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace obolus::net {

struct Framing {
  bool head = false;        // answers HEAD: the length of the body, but no body
  bool stream = false;      // no length; ends with the connection
  bool close = false;       // says "connection: close"
  bool keep_alive = false;  // says "connection: keep-alive", which HTTP/1.0 clients need
};

// Appends head and body. Line breaks in header values become spaces, so that no value that came
// from outside can add a header. Content-length, connection, transfer-encoding and date of
// `response` are ignored. `date` is an IMF-fixdate (RFC 9110 §5.6.7).
void AppendResponse(const HttpResponse& response, Framing framing, std::string_view date,
                    std::string& out);

// IMF-fixdate of seconds since 1970: "Sun, 22 Nov 2026 20:22:51 GMT".
std::string FormatHttpDate(std::int64_t seconds);

}  // namespace obolus::net
