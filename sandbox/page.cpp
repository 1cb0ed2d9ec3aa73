#include "sandbox/page.h"

#include "sandbox/problem.h"

namespace obolus::sandbox {
namespace {

std::string_view MediaType(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "application/octet-stream";
}

}  // namespace

net::HttpResponse AssetAnswer(std::string_view name) {
  const Asset* asset = FindAsset(name);
  if (!asset) return Problem(404, "NOT_FOUND", "There is no such file.");
  return {200,
          {{"content-type", std::string(MediaType(name))},
           {"cache-control", "no-cache"},
           {"x-content-type-options", "nosniff"}},
          std::string(asset->content)};
}

net::HttpResponse HtmlAnswer(int status, std::string body, std::string_view policy) {
  return {status,
          {{"content-type", "text/html; charset=utf-8"},
           {"cache-control", "no-store"},
           {"content-security-policy", std::string(policy)},
           {"referrer-policy", "no-referrer"},
           {"x-content-type-options", "nosniff"}},
          std::move(body)};
}

void Fill(std::string& page, std::string_view name, std::string_view value) {
  const std::string mark = "{{" + std::string(name) + "}}";
  for (auto at = page.find(mark); at != std::string::npos;
       at = page.find(mark, at + value.size())) {
    page.replace(at, mark.size(), value);
  }
}

}  // namespace obolus::sandbox
