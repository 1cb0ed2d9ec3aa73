// Text into HTML, so that no value of a stranger becomes markup. Pure; used wherever a page is
// filled.
#pragma once

#include <string>
#include <string_view>

namespace obolus::base {

// For text and for attributes in double or single quotes: & < > " ' become character references.
std::string EscapeHtml(std::string_view text);

}  // namespace obolus::base
