// A running sandbox, and the Obolus that it plays with, as the developer's kit reaches them: the
// control API, Obolus's operator listener, and any address that a shopper's browser would open.
// Every call blocks until it is answered. Used by trigger, listen, replay and the scenarios; one
// for all of their threads.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "net/http_client.h"
#include "net/http_message.h"

namespace obolus::sandbox {

class SandboxClient {
 public:
  // `url`: the sandbox's first port. `certificates`: whose ca.pem is trusted, when the sandbox
  // serves TLS; may be empty. kInvalid: a bad URL or file. kUnavailable: no sandbox answers there.
  static base::Result<std::unique_ptr<SandboxClient>> Open(
      const std::string& url, const std::filesystem::path& certificates);

  const std::string& shop_url() const { return shop_url_; }
  const std::string& shopper_url() const { return shopper_url_; }

  // The JSON of a 2xx of the sandbox. Errors: kUnavailable, kNotFound, else kInvalid with the
  // sandbox's own message.
  base::Result<base::json::value> Get(const std::string& path) const;
  base::Result<base::json::value> Post(const std::string& path,
                                       const base::json::value& body) const;

  // The same of Obolus's operator listener.
  base::Result<base::json::value> AskOperator(const std::string& method,
                                              const std::string& path) const;

  // As a browser: any status is an answer, a redirect is not followed.
  base::Result<net::HttpResponse> Browse(net::ClientRequest request) const;

 private:
  SandboxClient() = default;
  base::Result<base::json::value> Ask(net::ClientRequest request, std::string_view who) const;

  std::string url_;
  std::string shop_url_;
  std::string shopper_url_;
  std::string operator_url_;
  std::unique_ptr<net::HttpClient> client_;
};

}  // namespace obolus::sandbox
