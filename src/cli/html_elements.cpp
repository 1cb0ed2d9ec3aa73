#include "cli/html_elements.h"

#include <gumbo.h>

#include <algorithm>
#include <iterator>
#include <memory_resource>
#include <span>

#include "cli/browser_url.h"

namespace obolus::cli {
namespace {

// The vectors of gumbo hold void pointers.
template <class T>
std::span<T* const> ItemsOf(const GumboVector& vector) {
  return {reinterpret_cast<T* const*>(vector.data), vector.length};
}

std::string NameOf(const GumboElement& element) {
  if (element.tag != GUMBO_TAG_UNKNOWN) return gumbo_normalized_tagname(element.tag);
  GumboStringPiece name = element.original_tag;
  gumbo_tag_from_original_text(&name);
  return LowerCase({name.data == nullptr ? "" : name.data, name.length});
}

std::string NameOf(const GumboAttribute& attribute) {
  const std::string name = LowerCase(attribute.name);
  return attribute.attr_namespace == GUMBO_ATTR_NAMESPACE_XLINK ? "xlink:" + name : name;
}

HtmlElement Read(const GumboElement& element) {
  HtmlElement read{NameOf(element), {}, {}};
  for (const auto* attribute : ItemsOf<GumboAttribute>(element.attributes)) {
    read.attributes.try_emplace(NameOf(*attribute), attribute->value);
  }
  for (const auto* child : ItemsOf<GumboNode>(element.children)) {
    switch (child->type) {
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_CDATA:
      case GUMBO_NODE_WHITESPACE:
        read.text += child->v.text.text;
        break;
      default:
        break;
    }
  }
  return read;
}

}  // namespace

const std::string* HtmlElement::Find(std::string_view attribute) const {
  const auto found = attributes.find(attribute);
  return found == attributes.end() ? nullptr : &found->second;
}

std::size_t DepthOf(std::string_view html) {
  // Those without an end tag, and those that may do without.
  static constexpr std::string_view kUnclosed[] = {
      "area", "base",   "br", "col",  "dd",   "dt",    "embed",  "hr",
      "img",  "input",  "li", "link", "meta", "p",     "option", "param",
      "rp",   "source", "td", "th",   "tr",   "track", "wbr"};
  std::size_t depth = 0;
  std::size_t deepest = 0;
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at)) {
    ++at;
    if (html.substr(at).starts_with('/')) {
      depth -= depth > 0 ? 1 : 0;
      continue;
    }
    const std::size_t end = std::min(html.find_first_of(" \t\n\f\r/>", at), html.size());
    const std::string name = LowerCase(html.substr(at, std::min<std::size_t>(end - at, 16)));
    if (name.empty() || name[0] < 'a' || name[0] > 'z') continue;
    if (std::ranges::find(kUnclosed, name) == std::end(kUnclosed)) {
      deepest = std::max(deepest, ++depth);
    }
  }
  return deepest;
}

std::vector<HtmlElement> ReadHtml(std::string_view html) {
  // All at once freed at the end, and not by gumbo, which would go down as deep as the page is.
  std::pmr::monotonic_buffer_resource memory;
  GumboOptions options = kGumboDefaultOptions;
  options.userdata = &memory;
  options.allocator = [](void* resource, std::size_t size) {
    return static_cast<std::pmr::memory_resource*>(resource)->allocate(size);
  };
  options.deallocator = [](void*, void*) {};
  const GumboOutput* output = gumbo_parse_with_options(&options, html.data(), html.size());
  std::vector<HtmlElement> elements;
  std::vector<const GumboNode*> open = {output->root};
  while (!open.empty()) {
    const GumboNode* node = open.back();
    open.pop_back();
    if (node->type != GUMBO_NODE_ELEMENT && node->type != GUMBO_NODE_TEMPLATE) continue;
    elements.push_back(Read(node->v.element));
    const auto children = ItemsOf<GumboNode>(node->v.element.children);
    open.insert(open.end(), children.rbegin(), children.rend());
  }
  return elements;
}

}  // namespace obolus::cli
