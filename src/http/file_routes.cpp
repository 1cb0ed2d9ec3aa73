#include "http/file_routes.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "http/accept.h"
#include "http/asset.h"

namespace obolus::http {
namespace {

constexpr char kForAWhile[] = "public, max-age=300";
constexpr char kForEver[] = "public, max-age=31536000, immutable";

net::HttpResponse Serve(const AssetFile& file, const net::HttpRequest& request,
                        const char* caching) {
  const std::string* encodings = request.headers.Find("Accept-Encoding");
  const bool gzip = encodings != nullptr && AcceptsGzip(*encodings);
  const std::string etag = "\"" + file.etag + (gzip ? "-gz\"" : "\"");
  net::HttpResponse response{.status = 200, .headers = {}, .body = {}};
  response.headers.Add("ETag", etag);
  response.headers.Add("Cache-Control", caching);
  response.headers.Add("Vary", "Accept-Encoding");
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.headers.Add("Cross-Origin-Resource-Policy", file.open ? "cross-origin" : "same-origin");
  if (file.open) response.headers.Add("Access-Control-Allow-Origin", "*");
  if (!file.language.empty()) response.headers.Add("Content-Language", file.language);
  const std::string* known = request.headers.Find("If-None-Match");
  // A list of them, weak or not, holds each in its quotes.
  if (known != nullptr && (*known == "*" || known->contains(etag))) {
    response.status = 304;
    return response;
  }
  response.headers.Add("Content-Type", file.type);
  if (gzip) response.headers.Add("Content-Encoding", "gzip");
  response.body = Assets::Get().Content(gzip ? file.name + ".gz" : file.name);
  return response;
}

void ServeHashed(Exchange exchange) {
  const auto& files = Assets::Get().files;
  const auto found = std::ranges::find(files, exchange.request.path, &AssetFile::hashed);
  if (found == files.end()) {
    return exchange.Refuse(
        {base::ErrorCode::kNotFound, "this version does not have that file", {}, {}});
  }
  auto response = Serve(*found, exchange.request, kForEver);
  exchange.Answer(std::move(response));
}

// "de-AT.json" is answered with the texts in German.
void ServeTexts(Exchange exchange) {
  std::string wish = exchange.Parameter("language");
  if (wish.ends_with(".json")) wish.resize(wish.size() - 5);
  const Assets& assets = Assets::Get();
  const std::string_view language = ChooseLanguage(assets.languages, {&wish, 1}, "");
  const auto found = std::ranges::find(assets.files, language, &AssetFile::language);
  CHECK(found != assets.files.end());
  auto response = Serve(*found, exchange.request, kForAWhile);
  exchange.Answer(std::move(response));
}

}  // namespace

void AddFileRoutes(Router& router) {
  for (const AssetFile& file : Assets::Get().files) {
    if (file.path == file.hashed || !file.language.empty()) continue;
    router.Add({.method = "GET", .pattern = file.path, .handler = [&file](Exchange exchange) {
                  auto response = Serve(file, exchange.request, kForAWhile);
                  exchange.Answer(std::move(response));
                }});
  }
  for (const char* pattern :
       {"/client/v1/{hash}/{file}", "/frame/v1/{hash}/{file}", "/page/v1/{hash}/{file}"}) {
    router.Add({.method = "GET", .pattern = pattern, .handler = ServeHashed});
  }
  router.Add({.method = "GET", .pattern = "/frame/v1/texts/{language}", .handler = ServeTexts});
}

}  // namespace obolus::http
