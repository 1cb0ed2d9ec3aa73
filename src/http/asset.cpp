#include "http/asset.h"

#include "base/check.h"
#include "base/json.h"

// The pack as it is: a literal would have to be escaped, and #embed is not seen by ccache.
asm(".pushsection .rodata\n"
    ".global obolus_assets_begin\n"
    ".global obolus_assets_end\n"
    "obolus_assets_begin: .incbin \"" OBOLUS_ASSETS
    "\"\n"
    "obolus_assets_end: .byte 0\n"
    ".popsection");

extern "C" const char obolus_assets_begin[];
extern "C" const char obolus_assets_end[];

namespace obolus::http {
namespace {

namespace json = base::json;

std::string Text(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  return value == nullptr ? "" : std::string(value->as_string());
}

AssetFile ReadFile(const json::object& entry) {
  return {.name = Text(entry, "name"),
          .path = Text(entry, "path"),
          .hashed = Text(entry, "hashed"),
          .type = Text(entry, "type"),
          .etag = Text(entry, "etag"),
          .language = Text(entry, "language"),
          .open = entry.at("open").as_bool()};
}

Assets Read(std::string_view pack) {
  const std::size_t head = pack.find('\n');
  CHECK(head != std::string_view::npos);
  const auto parsed = base::ParseJson(pack.substr(0, head), {.max_bytes = head, .max_depth = 8});
  CHECK(parsed.has_value());
  const json::object& manifest = parsed->as_object();
  Assets assets;
  for (const json::value& tag : manifest.at("languages").as_array()) {
    assets.languages.emplace_back(tag.as_string());
  }
  for (const json::value& file : manifest.at("files").as_array()) {
    assets.files.push_back(ReadFile(file.as_object()));
  }
  for (const auto& [kind, page] : manifest.at("pages").as_object()) {
    AssetPage read{.style = Text(page.as_object(), "style"), .headers_text = {}};
    for (const auto& [name, value] : page.as_object().at("headers").as_object()) {
      read.headers_text.Add(std::string(name), std::string(value.as_string()));
    }
    assets.pages.emplace(kind, std::move(read));
  }
  const std::string_view contents = pack.substr(head + 1);
  for (const auto& [name, place] : manifest.at("contents").as_object()) {
    const auto offset = place.as_array().at(0).to_number<std::size_t>();
    const auto size = place.as_array().at(1).to_number<std::size_t>();
    CHECK(offset + size <= contents.size());
    assets.contents.emplace(name, contents.substr(offset, size));
  }
  return assets;
}

}  // namespace

const Assets& Assets::Get() {
  static const Assets assets = Read(
      {obolus_assets_begin, static_cast<std::size_t>(obolus_assets_end - obolus_assets_begin)});
  return assets;
}

std::string_view Assets::Content(std::string_view name) const {
  const auto found = contents.find(name);
  CHECK(found != contents.end());
  return found->second;
}

const AssetPage& Assets::Page(std::string_view kind) const {
  const auto found = pages.find(kind);
  CHECK(found != pages.end());
  return found->second;
}

}  // namespace obolus::http
