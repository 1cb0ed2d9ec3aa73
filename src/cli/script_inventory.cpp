#include "cli/script_inventory.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/url.h"
#include "cli/browser_url.h"

namespace obolus::cli {
namespace {

namespace json = base::json;

constexpr std::string_view kCharset = "<meta charset=\"utf-8\">";
constexpr std::string_view kAncestors = "content-security-policy: frame-ancestors";
constexpr std::string_view kFormAction = "content-security-policy: form-action ";

// What our pages are made of. Every other kind is somebody else's.
constexpr std::array<std::string_view, 10> kOurKinds = {
    "bytes",      "data", "form",         "header", "inline style",
    "loads from", "meta", "named script", "script", "status"};

// "/frame/v1/pay_…?locale=de" is of "/frame/v1/{session_key}".
bool IsOf(std::string_view path, std::string_view pattern) {
  path = path.substr(0, path.find('?'));
  while (!path.empty() && !pattern.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::size_t pattern_end = std::min(pattern.find('/', 1), pattern.size());
    const bool any = pattern.starts_with("/{") && end > 1;
    if (!any && path.substr(0, end) != pattern.substr(0, pattern_end)) return false;
    path.remove_prefix(end);
    pattern.remove_prefix(pattern_end);
  }
  return path.empty() && pattern.empty();
}

std::string Replace(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
  return text;
}

// One page of the inventory against one page as it is.
class Check {
 public:
  Check(const json::value& page, const PageRecord& record, std::string_view url)
      : page_(page), record_(record), url_(url) {}

  std::vector<PageItem> Run() {
    Scripts();
    Headers();
    Others();
    return std::move(wrong_);
  }

 private:
  void Wrong(const char* kind, std::string text) { wrong_.push_back({kind, std::move(text)}); }

  bool Has(const PageItem& item) const { return std::ranges::binary_search(record_.items, item); }

  struct Script {
    std::string integrity;
    bool imported = false;  // by another script, which finds its address in the page
  };

  void Scripts() {
    std::map<std::string, Script, std::less<>> known;  // by address
    if (const json::value* list = base::FindPointer(page_, "/scripts"); list && list->is_array()) {
      for (const json::value& script : list->get_array()) {
        const auto path = base::FindString(script, "/url");
        const auto integrity = base::FindString(script, "/integrity");
        if (!path || !integrity) continue;
        const std::string url = ResolveReference(url_, *path);
        known[url] = {*integrity, base::FindString(script, "/imported_by").has_value()};
      }
    }
    auto missing = known;
    for (const PageFile& file : record_.files) {
      missing.erase(file.url);
      const auto found = known.find(file.url);
      if (found == known.end()) {
        Wrong("file", MaskKeys(file.url) + " is not in the inventory");
        continue;
      }
      const auto& [integrity, imported] = found->second;
      if (!imported && file.integrity != integrity) {
        Wrong("integrity", file.url + ": the page does not ask for the inventory's");
      }
      if (!Has({"bytes", file.url + " " + integrity})) {
        Wrong("bytes", file.url + ": not those of the inventory");
      }
    }
    for (const auto& [url, script] : missing) Wrong("file", url + " is missing");
  }

  // The page's headers as the inventory has them, read in the same way.
  std::vector<PageItem> ExpectedHeaders() const {
    net::HttpResponse response{
        .status = 200, .headers = {{"content-type", "text/html; charset=utf-8"}}, .body = {}};
    if (const json::value* headers = base::FindPointer(page_, "/headers")) {
      if (headers->is_object()) {
        for (const auto& [name, value] : headers->get_object()) {
          if (!value.is_string()) continue;
          std::string text = Replace(std::string(value.get_string()), "{{nonce}}", "x");
          response.headers.Add(std::string(name), Replace(std::move(text), "{{ancestors}}", ""));
        }
      }
    }
    return RecordPage(url_, response).items;
  }

  // The shops of a session differ; each must be one origin.
  static std::string WithoutShops(const std::string& text) {
    if (!text.starts_with(kAncestors)) return text;
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      const std::string word = text.substr(at, end - at);
      const auto origin = base::ParseUrl(word, base::HttpPolicy::kHttpOnLoopback);
      if (!origin || origin->Origin() != word) out += (out.empty() ? "" : " ") + word;
      at = end + 1;
    }
    return out;
  }

  // The bank of a session, too: one origin, or any by https.
  std::string WithoutBank(std::string text) const {
    if (base::FindString(page_, "/page") != "start" || !text.starts_with(kFormAction)) return text;
    const std::string_view target = std::string_view(text).substr(kFormAction.size());
    const auto origin = base::ParseUrl(target, base::HttpPolicy::kHttpOnLoopback);
    const bool is_one = target == "https:" || (origin && origin->Origin() == target);
    return is_one ? std::string(kFormAction) + "{{acs}}" : text;
  }

  void Headers() {
    auto expected = ExpectedHeaders();
    const auto is_header = [](const PageItem& item) {
      return item.kind == "header" && !item.text.starts_with("strict-transport-security: ");
    };
    for (PageItem item : record_.items) {
      if (!is_header(item)) continue;
      item.text = WithoutBank(WithoutShops(item.text));
      const auto found = std::ranges::find(expected, item);
      if (found == expected.end()) {
        wrong_.push_back(std::move(item));
      } else {
        expected.erase(found);
      }
    }
    for (const PageItem& item : expected) {
      if (is_header(item)) Wrong("header", "missing " + item.text);
    }
  }

  // The page's own card frame, locked in as the library does it; attributes come in their order.
  bool IsCardFrame(const PageItem& item) const {
    const auto path = base::FindString(page_, "/frame");
    const std::string begin =
        "<iframe allow=\"\" referrerpolicy=\"no-referrer\" "
        "sandbox=\"allow-scripts allow-same-origin\" src=\"" +
        OriginOf(url_);
    if (item.kind != "frame" || !path || !item.text.starts_with(begin)) return false;
    const std::string_view rest = std::string_view(item.text).substr(begin.size());
    const std::size_t end = rest.find('"');
    return end != std::string_view::npos && IsOf(rest.substr(0, end), *path) &&
           rest.substr(end + 1).starts_with(" title=\"");
  }

  void Others() {
    bool framed = false;
    const std::string origin = OriginOf(url_);
    const PageItem style{"inline style",
                         "<style nonce> " + base::FindString(page_, "/style").value_or("")};
    const auto name = base::FindString(page_, "/page");
    const bool starts = name == "start";  // posts to a bank
    // Without JavaScript the waiting page loads itself again.
    const std::string_view reload =
        name == "wait" ? "<meta content=\"3\" http-equiv=\"refresh\">" : kCharset;
    for (const PageItem& item : record_.items) {
      if (!framed && IsCardFrame(item)) {
        framed = true;
        continue;
      }
      const bool ours = std::ranges::find(kOurKinds, item.kind) != kOurKinds.end();
      const bool elsewhere = item.kind == "loads from" && !item.text.ends_with(" " + origin) &&
                             !(starts && item.text.starts_with("form "));
      const bool meta = item.kind == "meta" && item.text != kCharset && item.text != reload;
      const bool other_style = item.kind == "inline style" && item != style;
      const bool status = item.kind == "status" && item.text != "200";
      if (!ours || elsewhere || meta || other_style || status) wrong_.push_back(item);
    }
  }

  const json::value& page_;
  const PageRecord& record_;
  const std::string url_;
  std::vector<PageItem> wrong_;
};

}  // namespace

base::Result<std::vector<PageItem>> CheckInventory(const json::value& inventory,
                                                   const PageRecord& record, std::string_view url) {
  const std::string path(url.substr(OriginOf(url).size()));
  std::optional<std::vector<PageItem>> nearest;
  const json::value* pages = base::FindPointer(inventory, "/pages");
  if (pages != nullptr && pages->is_array()) {
    for (const json::value& page : pages->get_array()) {
      if (!IsOf(path, base::FindString(page, "/path").value_or(""))) continue;
      auto wrong = Check(page, record, url).Run();
      if (!nearest || wrong.size() < nearest->size()) nearest = std::move(wrong);
    }
  }
  if (nearest) return std::move(*nearest);
  return base::Fail(base::ErrorCode::kInvalid,
                    "the inventory has no page for " + MaskKeys(path) +
                        "; for a page that is not Obolus's, save a baseline with --save FILE and "
                        "compare with --inventory FILE");
}

}  // namespace obolus::cli
