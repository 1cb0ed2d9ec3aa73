// A response's head for the wire (RFC 9112 §4, RFC 9113 §8.3.2): status, Date, the handler's
// headers, framing. Pure; http_connection and http2_session send what it makes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// The same head for HTTP/2 (RFC 9113 §8.3.2): ":status" first, names in lower case, nothing that
// speaks of a connection. `length`: of the body; none for a stream.
std::vector<Header> Http2Fields(const HttpResponse& response, std::optional<std::size_t> length,
                                std::string_view date);

// IMF-fixdate of seconds since 1970: "Sun, 22 Nov 2026 20:22:51 GMT".
std::string FormatHttpDate(std::int64_t seconds);

}  // namespace obolus::net
