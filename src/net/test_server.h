// A server on an ephemeral loopback port with an engine of its own. Tests only.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "net/http_server.h"

namespace obolus::net {

// Answers 200 with "METHOD path?query body" and echoes nothing else.
inline HttpResponse Echo(const HttpRequest& request) {
  HttpResponse response;
  response.headers.Add("Content-Type", "text/plain");
  response.body = request.method + " " + request.path + "?" + request.query + " " + request.body;
  return response;
}

inline void AnswerEcho(HttpRequest request, Responder responder) {
  responder.Send(Echo(request));
}

class TestServer {
 public:
  explicit TestServer(Handler handler = AnswerEcho, ServerOptions options = {},
                      std::size_t threads = 1)
      : engine(threads) {
    if (options.name.empty()) options.name = "test";
    if (!options.refuse) {
      options.refuse = [](const Refusal& refusal) {
        HttpResponse response;
        response.status = refusal.status;
        response.body = "refused " + std::to_string(refusal.status) + ": " + refusal.reason;
        return response;
      };
    }
    auto started = HttpServer::Start(engine, std::move(options), std::move(handler));
    EXPECT_TRUE(started.has_value()) << (started ? "" : started.error().message);
    if (started) http = std::move(*started);
  }

  std::uint16_t port() const { return http->port(); }

  Engine engine;
  std::unique_ptr<HttpServer> http;
};

}  // namespace obolus::net
