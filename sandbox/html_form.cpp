#include "sandbox/html_form.h"

#include <array>

#include "base/url.h"
#include "sandbox/routes.h"

namespace obolus::sandbox {
namespace {

std::string Unescape(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 7> kEntities = {
      {{"&amp;", '&'},
       {"&lt;", '<'},
       {"&gt;", '>'},
       {"&quot;", '"'},
       {"&#34;", '"'},
       {"&#39;", '\''},
       {"&#x27;", '\''}}};
  std::string out;
  while (!text.empty()) {
    bool found = false;
    for (const auto& [entity, sign] : kEntities) {
      if (!text.starts_with(entity)) continue;
      out += sign;
      text.remove_prefix(entity.size());
      found = true;
      break;
    }
    if (found) continue;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

// The value of one attribute of a tag; "" when it has none.
std::string Attribute(std::string_view tag, std::string_view name) {
  const std::string opening = " " + std::string(name) + "=\"";
  const auto begin = tag.find(opening);
  if (begin == std::string_view::npos) return "";
  tag = tag.substr(begin + opening.size());
  return Unescape(tag.substr(0, tag.find('"')));
}

}  // namespace

std::string HtmlForm::Encoded() const {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += (out.empty() ? "" : "&") + FormEncode(name) + "=" + FormEncode(value);
  }
  return out;
}

base::Result<HtmlForm> ReadForm(std::string_view html, std::string_view page_url) {
  const auto begin = html.find("<form");
  const auto end = html.find("</form>");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return base::Fail(base::ErrorCode::kNotFound, "the page has no form");
  }
  std::string_view rest = html.substr(begin, end - begin);
  HtmlForm form;
  form.action = Attribute(rest.substr(0, rest.find('>')), "action");
  if (form.action.starts_with('/')) {
    auto page = base::ParseUrl(page_url, base::HttpPolicy::kHttpOnLoopback);
    if (!page) return std::unexpected(page.error());
    form.action = page->Origin() + form.action;
  }
  for (auto at = rest.find("<input"); at != std::string_view::npos; at = rest.find("<input")) {
    rest = rest.substr(at);
    const auto tag = rest.substr(0, rest.find('>'));
    form.fields.emplace_back(Attribute(tag, "name"), Attribute(tag, "value"));
    rest.remove_prefix(tag.size());
  }
  return form;
}

}  // namespace obolus::sandbox
