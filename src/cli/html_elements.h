// The elements of an HTML page as browsers read it (the tokenizer and tree builder of the HTML
// standard, by gumbo), so that no odd spelling hides one: upper case, missing quotes, entities in
// attributes, tags in the middle of others. Used by cli/page_record; pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace obolus::cli {

struct HtmlElement {
  std::string name;  // lower case
  // Names in lower case, those of XLink as "xlink:href"; values without quotes and entities.
  std::map<std::string, std::string, std::less<>> attributes;
  std::string text;  // directly inside, as scripts and styles have it

  const std::string* Find(std::string_view attribute) const;  // nullptr when absent
};

// About how many elements are inside one another where they are most, by counting tags. The time
// that ReadHtml takes grows with its square: look first whether a stranger's page has thousands.
std::size_t DepthOf(std::string_view html);

// In the order of the document, those inside <template>, <noscript> and SVG included. Never fails:
// browsers do not either.
std::vector<HtmlElement> ReadHtml(std::string_view html);

}  // namespace obolus::cli
