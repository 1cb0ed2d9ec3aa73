// A server that is given other certificates, authorities and rules while it serves.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <future>
#include <mutex>

#include "net/dev_certificates.h"
#include "net/http_client.h"
#include "net/test_folder.h"
#include "net/test_server.h"

namespace obolus::net {
namespace {

class TlsRenewal : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(MakeDevCertificates(folder_.path() / "one"));
    ASSERT_TRUE(MakeDevCertificates(folder_.path() / "two"));
  }

  std::string File(const std::string& name) const { return folder_.path() / name; }

  ServerTls Tls(const std::string& set) const {
    return {.certificate_file = File(set + "/obolus-server.pem"),
            .key_file = File(set + "/obolus-server.key"),
            .client_ca_file = File(set + "/ca.pem"),
            .client_certificates = ClientCertificates::kOptional};
  }
  std::unique_ptr<HttpClient> Client(const std::string& ca, const std::string& as) const {
    return *HttpClient::Make({.tls = {.ca_file = File(ca + "/ca.pem"),
                                      .certificate_file = File(as + "/commerce-client.pem"),
                                      .key_file = File(as + "/commerce-client.key")}});
  }
  std::string Get(HttpClient& client) const {
    std::promise<base::Result<HttpResponse>> promise;
    client.Send(
        {.method = "GET", .url = "https://localhost:" + std::to_string(server_.port()) + "/"},
        [&](base::Result<HttpResponse> result) { promise.set_value(std::move(result)); });
    const auto response = promise.get_future().get();
    return response ? response->body : "failed";
  }
  std::vector<HandshakeFault> Refused() {
    const std::lock_guard lock(mutex_);
    return refused_;
  }

 private:
  TestFolder folder_;
  std::mutex mutex_;
  std::vector<HandshakeFault> refused_;

  ServerOptions Options() {
    EXPECT_TRUE(MakeDevCertificates(folder_.path() / "one"));
    return {.tls = Tls("one"), .handshake_refused = [this](const HandshakeRefusal& refusal) {
              const std::lock_guard lock(mutex_);
              refused_.push_back(refusal.fault);
            }};
  }

 protected:
  // Says whether it knows who asked.
  TestServer server_{[](const HttpRequest& request, Responder responder) {
                       std::string body = request.peer.certificate ? "known" : "stranger";
                       responder.Send({.body = std::move(body)});
                     },
                     Options()};
};

TEST_F(TlsRenewal, NewConnectionsSeeTheNewCertificate) {
  const auto old = Client("one", "one");
  EXPECT_EQ(Get(*old), "known");
  EXPECT_EQ(Get(*Client("two", "one")), "failed");
  ASSERT_TRUE(server_.http->RenewTls(Tls("two")));
  EXPECT_EQ(Get(*Client("two", "two")), "known");
  EXPECT_EQ(Get(*Client("one", "two")), "failed");
}

TEST_F(TlsRenewal, WhoeverIsConnectedGoesOnAndIsMeasuredByTheNewAuthorities) {
  const auto connected = Client("one", "one");
  EXPECT_EQ(Get(*connected), "known");
  ServerTls same_authority = Tls("two");
  same_authority.client_ca_file = File("one/ca.pem");
  ASSERT_TRUE(server_.http->RenewTls(same_authority));
  EXPECT_EQ(Get(*connected), "known");
  ASSERT_TRUE(server_.http->RenewTls(Tls("two")));
  EXPECT_EQ(Get(*connected), "stranger");
}

TEST_F(TlsRenewal, FilesThatDoNotFitChangeNothing) {
  ServerTls mixed = Tls("two");
  mixed.key_file = File("one/obolus-server.key");
  EXPECT_EQ(server_.http->RenewTls(mixed).error().code, base::ErrorCode::kInvalid);
  chmod(File("two/obolus-server.key").c_str(), 0644);
  EXPECT_EQ(server_.http->RenewTls(Tls("two")).error().code, base::ErrorCode::kForbidden);
  EXPECT_EQ(Get(*Client("one", "one")), "known");
}

TEST_F(TlsRenewal, ARefusalSaysWhy) {
  EXPECT_EQ(Get(*Client("one", "two")), "failed");
  EXPECT_EQ(Refused(), std::vector{HandshakeFault::kUntrusted});
}

TEST_F(TlsRenewal, OnlyPinnedCertificatesPassWherePinsAreSet) {
  ServerTls pinned = Tls("one");
  pinned.client_pins = {std::string(64, '0')};
  ASSERT_TRUE(server_.http->RenewTls(pinned));
  EXPECT_EQ(Get(*Client("one", "one")), "failed");
  EXPECT_EQ(Refused(), std::vector{HandshakeFault::kNotAllowed});
}

}  // namespace
}  // namespace obolus::net
