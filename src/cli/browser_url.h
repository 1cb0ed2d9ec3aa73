// Where a reference in a page leads, read as browsers read it (WHATWG URL), which is laxer than
// RFC 3986: "\\evil.example", "https:/\evil.example" and "ht\ntps://…" are addresses of another
// host to them. For looking at pages only; what we fetch goes through base::ParseUrl as well. Pure.
#pragma once

#include <string>
#include <string_view>

namespace obolus::cli {

// Absolute, without the fragment, with "." and ".." taken out, scheme and host in lower case.
// `base` is absolute. References with other schemes than http(s) come back as the browser sees
// them, cleaned of line breaks: "javascript:…".
std::string ResolveReference(std::string_view base, std::string_view reference);

// Of ASCII, as HTML and URLs compare names.
std::string LowerCase(std::string_view text);

// "https" of "https://…"; lower case; empty when there is none.
std::string SchemeOf(std::string_view url);

// "https://host:port" of an absolute http(s) URL; of others the scheme and a colon.
std::string OriginOf(std::string_view url);

}  // namespace obolus::cli
