#include <algorithm>

#include "cli/browser_url.h"
#include "cli/html_elements.h"
#include "cli/page_record.h"
#include "cli/printable.h"
#include "fuzz/promises.h"
#include "fuzz/request_text.h"
#include "fuzz/targets.h"

namespace obolus::fuzz {

// A page as a server answers it. Whatever can act in it stands in the record with an address that
// is absolute.
void FuzzPage(std::string_view bytes) {
  constexpr char kUrl[] = "https://pay.example/checkout/x";
  const net::HttpResponse response = ReadResponse(bytes);
  if (cli::DepthOf(response.body) > 512) return;
  const auto record = cli::RecordPage(kUrl, response);
  for (const auto& file : record.files) {
    CHECK(file.url.starts_with("https://") || file.url.starts_with("http://"));
    CHECK(!cli::OriginOf(file.url).empty());
  }
  const auto elements = cli::ReadHtml(response.body);
  const auto scripts = std::ranges::count(elements, "script", &cli::HtmlElement::name);
  const auto recorded = std::ranges::count_if(
      record.items, [](const cli::PageItem& item) { return item.kind.contains("script"); });
  CHECK(recorded >= scripts);
}

// What strangers chose stays on one line of the operator's terminal, and has no power over it.
void FuzzTerminalText(std::string_view bytes) {
  for (const std::string& safe : {cli::Printable(bytes), cli::PrintableWord(bytes)}) {
    CHECK(std::ranges::all_of(safe, [](char c) {
      const auto code = static_cast<unsigned char>(c);
      return code >= 0x20 && code != 0x7f;
    }));
    CHECK(cli::Printable(safe).find_first_of("\r\n\x1b") == std::string::npos);
  }
  CHECK(!cli::PrintableWord(bytes).empty());
  const std::string url = cli::ResolveReference("https://pay.example/a/b?c", bytes);
  CHECK(url.find_first_of("\r\n\t") == std::string::npos);
  const std::string scheme = cli::SchemeOf(url);
  CHECK(!url.contains('#') || (scheme != "https" && scheme != "http"));
}

}  // namespace obolus::fuzz
