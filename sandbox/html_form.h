// The one form of a small HTML page, as a browser would post it: what the scenarios' shopper reads
// off our challenge page and off the bank's. Not an HTML parser: it knows pages that end a form
// tag, quote attributes with double quotes and escape what they must, which ours and the sandbox's
// do. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace obolus::sandbox {

struct HtmlForm {
  std::string action;                                       // absolute
  std::vector<std::pair<std::string, std::string>> fields;  // of its hidden inputs

  std::string Encoded() const;  // application/x-www-form-urlencoded
};

// `page_url`: where the page came from, for an action that begins with a slash. kNotFound: no form.
base::Result<HtmlForm> ReadForm(std::string_view html, std::string_view page_url);

}  // namespace obolus::sandbox
