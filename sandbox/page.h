// Small HTML pages and static files of the sandbox, with security headers that fit them. The files
// come from sandbox/shop/, compiled in. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace obolus::sandbox {

// One compiled-in file.
struct Asset {
  std::string_view name;
  std::string_view content;
};

// By file name ("index.html"); null when there is none.
const Asset* FindAsset(std::string_view name);

// Those of sandbox/flows/.
std::span<const Asset> FlowAssets();

// Those of sandbox/scenarios/.
std::span<const Asset> ScenarioAssets();

// Answers the file with the media type of its extension; 404 when there is none.
net::HttpResponse AssetAnswer(std::string_view name);

// text/html with that Content-Security-Policy, never stored.
net::HttpResponse HtmlAnswer(int status, std::string body, std::string_view policy);

// Replaces every "{{name}}" by `value`, which must be safe for where it goes.
void Fill(std::string& page, std::string_view name, std::string_view value);

}  // namespace obolus::sandbox
