#include "net/renewable_client.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>

#include "net/dev_certificates.h"
#include "net/test_folder.h"
#include "net/test_server.h"

namespace obolus::net {
namespace {

class RenewableClientTest : public testing::Test {
 protected:
  ClientTls As(const std::string& name) {
    EXPECT_TRUE(MakeDevCertificates(folder_.path()));
    return {.ca_file = File("ca.pem"),
            .certificate_file = File(name + ".pem"),
            .key_file = File(name + ".key")};
  }
  std::string File(const std::string& name) { return folder_.path() / name; }
  std::future<std::string> Get(RenewableClient& client, const std::string& path = "/") {
    auto promise = std::make_shared<std::promise<std::string>>();
    client.Send({.method = "GET", .url = "https://localhost:" + std::to_string(port()) + path},
                [promise](base::Result<HttpResponse> response) {
                  promise->set_value(response ? response->body : response.error().message);
                });
    return promise->get_future();
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    for (Responder& responder : held_) responder.Send({.body = "late"});
    held_.clear();
  }
  void WaitForHeld() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return !held_.empty(); });
  }
  std::uint16_t port() const { return server_->port(); }

 private:
  TestFolder folder_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Responder> held_;

  std::unique_ptr<TestServer> Start() {
    As("obolus-client");
    return std::make_unique<TestServer>(
        [this](const HttpRequest& request, Responder responder) {
          if (request.path == "/hold") {
            const std::lock_guard lock(mutex_);
            held_.push_back(std::move(responder));
            wake_.notify_all();
            return;
          }
          responder.Send({.body = request.peer.certificate->subject_common_name});
        },
        ServerOptions{.tls = ServerTls{.certificate_file = File("bridge-server.pem"),
                                       .key_file = File("bridge-server.key"),
                                       .client_ca_file = File("ca.pem"),
                                       .client_certificates = ClientCertificates::kRequired}});
  }
  std::unique_ptr<TestServer> server_ = Start();
};

TEST_F(RenewableClientTest, NewRequestsGoOutUnderTheNewCertificate) {
  const auto client = *RenewableClient::Make({.tls = As("obolus-client")});
  EXPECT_EQ(Get(*client).get(), "obolus");
  ASSERT_TRUE(client->Renew(As("commerce-client")));
  EXPECT_EQ(Get(*client).get(), "commerce");
}

TEST_F(RenewableClientTest, WhatIsUnderWayEndsWhereItBegan) {
  const auto client = *RenewableClient::Make({.tls = As("obolus-client")});
  auto held = Get(*client, "/hold");
  WaitForHeld();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client->Renew(As("commerce-client")));
    EXPECT_EQ(Get(*client).get(), "commerce");
  }
  Release();
  EXPECT_EQ(held.get(), "late");
  EXPECT_EQ(Get(*client).get(), "commerce");
}

TEST_F(RenewableClientTest, FilesThatDoNotFitChangeNothing) {
  const auto client = *RenewableClient::Make({.tls = As("obolus-client")});
  ClientTls mixed = As("commerce-client");
  mixed.key_file = As("obolus-client").key_file;
  EXPECT_EQ(client->Renew(mixed).error().code, base::ErrorCode::kInvalid);
  EXPECT_EQ(Get(*client).get(), "obolus");
}

}  // namespace
}  // namespace obolus::net
