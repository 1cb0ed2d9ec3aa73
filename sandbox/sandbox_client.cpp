#include "sandbox/sandbox_client.h"

#include <future>
#include <utility>

#include "base/url.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

constexpr std::size_t kMaxAnswerBytes = std::size_t{32} * 1024 * 1024;
constexpr base::Millis kTimeout{20'000};

base::Result<std::unique_ptr<net::HttpClient>> MakeClient(
    const std::filesystem::path& certificates) {
  net::ClientOptions options;
  options.timeout = kTimeout;
  options.max_response_bytes = kMaxAnswerBytes;
  if (!certificates.empty()) options.tls.ca_file = (certificates / "ca.pem").string();
  return net::HttpClient::Make(std::move(options));
}

std::string TextAt(const json::value& value, std::string_view pointer) {
  return base::FindString(value, pointer).value_or("");
}

}  // namespace

base::Result<std::unique_ptr<SandboxClient>> SandboxClient::Open(
    const std::string& url, const std::filesystem::path& certificates) {
  auto parsed = base::ParseUrl(url, base::HttpPolicy::kHttpOnLoopback);
  if (!parsed) return base::Invalid("--url", "--url: " + parsed.error().message);
  std::unique_ptr<SandboxClient> client(new SandboxClient());
  client->url_ = parsed->Origin();
  auto made = MakeClient(certificates);
  if (!made) return std::unexpected(made.error());
  client->client_ = std::move(*made);
  auto about = client->Get("/control/about");
  if (!about) return std::unexpected(about.error());
  client->shop_url_ = TextAt(*about, "/shop_url");
  client->shopper_url_ = TextAt(*about, "/shopper_url");
  client->operator_url_ = TextAt(*about, "/operator_url");
  const std::string theirs = TextAt(*about, "/certificates");
  if (certificates.empty() && std::filesystem::exists(theirs + "/ca.pem")) {
    made = MakeClient(theirs);
    if (made) client->client_ = std::move(*made);
  }
  return client;
}

base::Result<json::value> SandboxClient::Get(const std::string& path) const {
  return Ask({.method = "GET", .url = url_ + path}, "sandbox");
}

base::Result<json::value> SandboxClient::Post(const std::string& path,
                                              const json::value& body) const {
  return Ask({.method = "POST",
              .url = url_ + path,
              .headers = {{"content-type", "application/json"}},
              .body = base::ToText(body)},
             "sandbox");
}

base::Result<json::value> SandboxClient::AskOperator(const std::string& method,
                                                     const std::string& path) const {
  return Ask({.method = method, .url = operator_url_ + path}, "Obolus");
}

base::Result<net::HttpResponse> SandboxClient::Browse(net::ClientRequest request) const {
  std::promise<base::Result<net::HttpResponse>> promise;
  auto answered = promise.get_future();
  client_->Send(std::move(request), [&promise](base::Result<net::HttpResponse> answer) {
    promise.set_value(std::move(answer));
  });
  return answered.get();
}

base::Result<json::value> SandboxClient::Ask(net::ClientRequest request,
                                             std::string_view who) const {
  const std::string where = request.method + " " + request.url;
  auto answer = Browse(std::move(request));
  if (!answer) {
    return base::Fail(base::ErrorCode::kUnavailable, "no " + std::string(who) + " answers " +
                                                         where + " (" + answer.error().message +
                                                         "); is it running there?");
  }
  const base::JsonLimits limits{.max_bytes = kMaxAnswerBytes, .max_depth = 32};
  if (answer->status >= 200 && answer->status < 300 && answer->body.empty()) return json::object();
  auto body = base::ParseJson(answer->body, limits);
  if (answer->status >= 200 && answer->status < 300) return body;
  const auto message = body ? base::FindString(*body, "/message") : std::nullopt;
  const auto code = answer->status == 404 ? base::ErrorCode::kNotFound : base::ErrorCode::kInvalid;
  return base::Fail(code, where + " was answered " + std::to_string(answer->status) +
                              (message ? ": " + *message : ""));
}

}  // namespace obolus::sandbox
