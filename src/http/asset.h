// The browser's files, carried inside the program as web/build.mjs packed them: contents by name,
// and what the build says of them, so that no list of files, no header and no word for shoppers is
// kept twice. Read-only after the first call, any thread; what is missing is a bug (CHECK).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"

namespace obolus::http {

// Something with an address of its own. Its content is `name`, gzipped `name`.gz.
struct AssetFile {
  std::string name;    // "obolus.js", "texts/de.json"
  std::string path;    // "/client/v1/obolus.js"
  std::string hashed;  // its immutable address, "" when it has none
  std::string type;    // Content-Type
  std::string etag;    // without quotes
  std::string language;
  bool open = false;  // for pages of other origins
};

// A kind of page: its documents are pages/<kind>[-<variant>].<language>.html.
struct AssetPage {
  std::string style;          // the name of its style sheet
  net::Headers headers_text;  // with {{nonce}} and {{ancestors}}
};

struct Assets {
  std::vector<std::string> languages;  // BCP 47; "en" is one of them
  std::vector<AssetFile> files;
  std::map<std::string, AssetPage, std::less<>> pages;
  std::map<std::string, std::string_view, std::less<>> contents;

  static const Assets& Get();
  std::string_view Content(std::string_view name) const;
  const AssetPage& Page(std::string_view kind) const;
};

}  // namespace obolus::http
