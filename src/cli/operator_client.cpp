#include "cli/operator_client.h"

#include <fstream>
#include <future>

#include "net/http_client.h"

namespace obolus::cli {

std::string OperatorKeyIn(const std::map<std::string, std::string>& environment) {
  if (const auto key = environment.find("OBOLUS_OPERATOR_KEY"); key != environment.end()) {
    return key->second;
  }
  const auto file = environment.find("OBOLUS_OPERATOR_KEY_FILE");
  std::string line;
  if (file != environment.end()) std::getline(std::ifstream(file->second), line);
  return line;
}

base::Result<base::json::value> Ask(const OperatorAddress& address, const std::string& method,
                                    const std::string& target) {
  auto client = net::HttpClient::Make({.tls = {}, .max_response_bytes = 4 * 1024 * 1024});
  if (!client) return std::unexpected(client.error());
  const std::string host =
      address.address.contains(':') ? "[" + address.address + "]" : address.address;
  const std::string origin = "http://" + host + ":" + std::to_string(address.port);
  std::promise<base::Result<net::HttpResponse>> promise;
  auto answered = promise.get_future();
  net::ClientRequest request{.method = method, .url = origin + target, .headers = {}, .body = {}};
  if (!address.key.empty()) request.headers.Add("x-api-key", address.key);
  (*client)->Send(std::move(request), [&promise](base::Result<net::HttpResponse> response) {
    promise.set_value(std::move(response));
  });
  auto response = answered.get();
  if (!response) {
    return base::Fail(base::ErrorCode::kUnavailable,
                      "no Obolus answers at " + origin + " (" + response.error().message +
                          "); is it running, and is operator.port the one of its configuration?");
  }
  const base::JsonLimits limits{.max_bytes = 4 * 1024 * 1024, .max_depth = 32};
  auto body = base::ParseJson(response->body, limits);
  if (response->status >= 200 && response->status < 300) return body;
  const auto message = body ? base::FindString(*body, "/message") : std::nullopt;
  const auto code =
      response->status == 404 ? base::ErrorCode::kNotFound : base::ErrorCode::kInvalid;
  return base::Fail(code, message.value_or("the answer was " + std::to_string(response->status)));
}

}  // namespace obolus::cli
