// Compresses a body (RFC 1952). Only for what holds no secret next to text that somebody else
// chooses: the length of such a mixture tells about the secret (BREACH). The one file that knows
// zlib. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace obolus::http {

std::string Gzip(std::string_view text);

}  // namespace obolus::http
