// What of a page can run, load or send, and what its headers forbid: a list of lines that is the
// same for the same page, so that two lists can be compared (PCI DSS 4.0.1, 6.4.3 and 11.6.1).
// Nonces and session keys are masked, because they differ from one answer to the next. Ordinary
// text, pictures and links are not in it. Used by cli/page_watch; pure.
#pragma once

#include <compare>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"

namespace obolus::cli {

struct PageItem {
  std::string kind;  // "script", "inline script", "header", …
  std::string text;

  auto operator<=>(const PageItem&) const = default;
};

// A file that the page loads and that can act in it: a script, a style sheet, a preload.
struct PageFile {
  std::string url;        // absolute
  std::string integrity;  // of the element; may be empty
  bool script = false;

  auto operator<=>(const PageFile&) const = default;
};

struct PageRecord {
  std::vector<PageItem> items;   // in order, with repetitions
  std::vector<PageFile> files;   // those with an http(s) address
  std::set<std::string> nonces;  // of the policy
};

PageRecord RecordPage(std::string_view url, const net::HttpResponse& response);

// Session keys in `text` become "pay_…".
std::string MaskKeys(std::string_view text);

// How content stands in a line: "sha384-…".
std::string Fingerprint(std::string_view content);

}  // namespace obolus::cli
