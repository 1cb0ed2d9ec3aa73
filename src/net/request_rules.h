// What every request must keep to, whichever HTTP it came by: its method, its target and the name
// of the host that it means. Refuses whatever two programs in a row could read differently. Pure;
// used by request_parser (HTTP/1) and http2_request.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "net/http_message.h"
#include "net/refusal.h"

namespace obolus::net {

// Most characters of a target, and most header fields of a request.
inline constexpr std::size_t kMostTarget = 8 * 1024;
inline constexpr std::size_t kMostFields = 100;

// Fills method, target, path and query of `request`. Refused, in this order: 501 and 400 (a method
// that is not served, one that is none), 414 (too long a target), 400 (neither origin form nor, by
// HTTP/1, the absolute form of RFC 9112 §3.2.2; "*" but for OPTIONS; bytes that no target has).
std::optional<Refusal> ReadRequestLine(std::string_view method, std::string_view target,
                                       HttpRequest& request);

// 400 unless `host` is a host with or without a port (RFC 9110 §7.2), and the same as the authority
// of an absolute target.
std::optional<Refusal> CheckHost(std::string_view host, std::string_view target);

// Of a header as HTTP/1 sends it, from the request line to the empty line: refused with 400 when it
// has a line that ends in anything but CR LF, a folded line (RFC 9112 §5.2), a control character,
// or a field whose name is not a token right up to its colon (§5.1); with 431 when it has too many
// fields.
std::optional<Refusal> CheckHeaderLines(std::string_view header);

}  // namespace obolus::net
