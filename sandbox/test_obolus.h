// A stand-in for Obolus on real sockets: the commerce listener with mTLS, a shopper listener, and a
// client that sends events to the bridge. It answers from a script and keeps what it was asked.
// Tests only.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "net/dev_certificates.h"
#include "net/engine.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "sandbox/problem.h"

namespace obolus::sandbox {

// One folder of certificates for all tests of this program, gone with it.
inline const std::filesystem::path& TestCertificates() {
  struct Folder {
    Folder() {
      std::string pattern = std::filesystem::temp_directory_path() / "obolus-sandbox-XXXXXX";
      path = mkdtemp(pattern.data());
      CHECK(net::MakeDevCertificates(path).has_value());
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
  };
  static const Folder folder;
  return folder.path;
}

// A client with the certificate of that name ("" for none).
inline std::unique_ptr<net::HttpClient> TestClient(const std::string& name) {
  const auto& folder = TestCertificates();
  net::ClientOptions options;
  options.tls.ca_file = (folder / "ca.pem").string();
  if (!name.empty()) {
    options.tls.certificate_file = (folder / (name + ".pem")).string();
    options.tls.key_file = (folder / (name + ".key")).string();
  }
  return std::move(net::HttpClient::Make(std::move(options)).value());
}

inline base::Result<net::HttpResponse> Fetch(net::HttpClient& client, net::ClientRequest request) {
  std::promise<base::Result<net::HttpResponse>> answer;
  client.Send(std::move(request),
              [&](base::Result<net::HttpResponse> got) { answer.set_value(std::move(got)); });
  return answer.get_future().get();
}

class TestObolus {
 public:
  TestObolus() {
    const auto& folder = TestCertificates();
    net::ServerOptions options;
    options.name = "test-obolus";
    options.tls = net::ServerTls{(folder / "obolus-server.pem").string(),
                                 (folder / "obolus-server.key").string(),
                                 (folder / "ca.pem").string(), net::ClientCertificates::kRequired};
    commerce_ = std::move(net::HttpServer::Start(engine_, options, [this](auto request, auto to) {
                            to.Send(Answer(request));
                          }).value());
    net::ServerOptions shopper;
    shopper.name = "test-shopper";
    shopper_ = std::move(net::HttpServer::Start(engine_, shopper, [this](auto request, auto to) {
                           to.Send(Visit(request));
                         }).value());
  }
  ~TestObolus() {
    client_.reset();
    shopper_.reset();
    commerce_.reset();
  }

  std::string commerce_url() const {
    return "https://localhost:" + std::to_string(commerce_->port());
  }
  std::string shopper_url() const { return "http://localhost:" + std::to_string(shopper_->port()); }

  // The next `times` requests of the commerce listener get this status.
  void FailNext(int times, int status) {
    std::lock_guard lock(mutex_);
    fail_times_ = times;
    fail_status_ = status;
  }

  // All requests for `path` so far, after waiting until there are `count`; fewer after 5 s.
  std::vector<net::HttpRequest> Requests(const std::string& path, std::size_t count) {
    std::unique_lock lock(mutex_);
    auto those = [&] {
      std::vector<net::HttpRequest> out;
      for (const auto& request : requests_) {
        if (request.path == path) out.push_back(request);
      }
      return out;
    };
    changed_.wait_for(lock, std::chrono::seconds(5), [&] { return those().size() >= count; });
    return those();
  }

  net::ClientRequest Event(const std::string& url, const std::string& type,
                           const base::json::value& data) {
    return {"POST",
            url,
            {{"content-type", "application/json"},
             {"ce-specversion", "1.0"},
             {"ce-type", type},
             {"ce-source", "https://obolus.example/"},
             {"ce-id", base::ToString(ids_.NewUuid())},
             {"ce-time", base::FormatTime(clock_.Now())}},
            base::ToText(data)};
  }

  base::json::object CardSessionCreated(const std::string& terminal_id,
                                        const std::string& last_four) {
    using base::json::object;
    object card{{"card_holder", nullptr},
                {"card_network", "VISA"},
                {"expiration_month", 12},
                {"expiration_year", 2030},
                {"first_six", last_four == "4242" ? "424242" : "400000"},
                {"last_four", last_four}};
    return {{"terminal_id", terminal_id},
            {"card_session", object{{"id", "card-1"},
                                    {"provider", "embedded"},
                                    {"tds_return_url", shopper_url() + "/3ds/return/token"},
                                    {"valid_until", base::FormatTime(clock_.Now())},
                                    {"data", std::move(card)}}}};
  }

  // The status of the bridge's answer.
  int Send(const net::ClientRequest& event) {
    auto answer = Fetch(*client_, event);
    return answer ? answer->status : 0;
  }

 private:
  net::HttpResponse Answer(const net::HttpRequest& request) {
    std::lock_guard lock(mutex_);
    requests_.push_back(request);
    changed_.notify_all();
    if (fail_times_ > 0) {
      --fail_times_;
      return {fail_status_, {}, ""};
    }
    if (request.path == "/events") return {204, {}, ""};
    auto body = base::ParseJson(request.body);
    if (auto id = base::FindString(*body, "/tds_terminal_id")) {
      return JsonAnswer(201, base::json::object{{"redirect_url", shopper_url() + "/3ds/tds_key"}});
    }
    return JsonAnswer(201, base::json::object{{"session_key", "pay_key"}});
  }

  net::HttpResponse Visit(const net::HttpRequest& request) {
    std::lock_guard lock(mutex_);
    requests_.push_back(request);
    changed_.notify_all();
    return {200, {}, ""};
  }

  base::RandomIdSource ids_;
  base::SystemClock clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<net::HttpRequest> requests_;
  int fail_times_ = 0;
  int fail_status_ = 0;
  net::Engine engine_{1};
  std::unique_ptr<net::HttpServer> commerce_;
  std::unique_ptr<net::HttpServer> shopper_;
  std::unique_ptr<net::HttpClient> client_ = TestClient("obolus-client");
};

}  // namespace obolus::sandbox
