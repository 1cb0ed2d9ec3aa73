#include "cli/page_fetch.h"

#include <future>

#include "base/url.h"
#include "cli/browser_url.h"

namespace obolus::cli {
namespace {

constexpr std::size_t kMaxBytes = 8 * 1024 * 1024;
constexpr int kMaxRedirects = 5;

}  // namespace

base::Result<PageFetch> PageFetch::Make(const std::string& ca_file) {
  auto client = net::HttpClient::Make({.tls = {.ca_file = ca_file},
                                       .timeout = base::Millis(20'000),
                                       .max_connections = 4,
                                       .max_response_bytes = kMaxBytes});
  if (!client) return std::unexpected(client.error());
  return PageFetch(std::move(*client));
}

base::Result<net::HttpResponse> PageFetch::Get(const std::string& url) const {
  if (auto checked = base::ParseUrl(url, base::HttpPolicy::kHttpOnLoopback); !checked) {
    return base::Fail(base::ErrorCode::kInvalid, url + " " + checked.error().message);
  }
  std::promise<base::Result<net::HttpResponse>> promise;
  auto answered = promise.get_future();
  // A fixed language, or the same page would differ from one machine to the next.
  client_->Send({.method = "GET",
                 .url = url,
                 .headers = {{"Accept", "text/html,*/*;q=0.8"}, {"Accept-Language", "en"}},
                 .body = {}},
                [&promise](base::Result<net::HttpResponse> response) {
                  promise.set_value(std::move(response));
                });
  auto response = answered.get();
  if (!response) response.error().message = url + ": " + response.error().message;
  return response;
}

base::Result<std::string> PageFetch::GetFile(std::string url) const {
  for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
    auto response = Get(url);
    if (!response) return std::unexpected(std::move(response.error()));
    const std::string* location = response->headers.Find("Location");
    if (response->status >= 300 && response->status < 400 && location != nullptr) {
      url = ResolveReference(url, *location);
      continue;
    }
    if (response->status == 200) return std::move(response->body);
    return base::Fail(base::ErrorCode::kNotFound,
                      url + " answers " + std::to_string(response->status));
  }
  return base::Fail(base::ErrorCode::kNotFound, url + " redirects more than five times");
}

}  // namespace obolus::cli
