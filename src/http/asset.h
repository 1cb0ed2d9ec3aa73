// The files that the browser gets, embedded in the binary by tools/embed: the client library, the
// card frame and the pages. Read-only, any thread.
#pragma once

#include <span>
#include <string_view>

namespace obolus::http {

struct Asset {
  std::string_view name;  // "obolus.js", as web/build writes it
  std::string_view content;
};

// All of them; defined by the generated file.
std::span<const Asset> Assets();

// CHECKs that it exists: names are constants of ours.
std::string_view AssetContent(std::string_view name);

}  // namespace obolus::http
