// The server and the client under TLS, with certificates made for the test.
#include "net/tls.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "net/dev_certificates.h"
#include "net/http_client.h"
#include "net/test_folder.h"
#include "net/test_server.h"
#include "net/test_socket.h"

namespace obolus::net {
namespace {

class Tls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes where nobody reads any more
    folder_ = new TestFolder;
    ASSERT_TRUE(MakeDevCertificates(folder_->path()));
  }
  static void TearDownTestSuite() { delete std::exchange(folder_, nullptr); }

  static std::string File(const char* name) { return folder_->path() / name; }

  static ServerOptions Options(ClientCertificates client_certificates) {
    return {.tls = ServerTls{.certificate_file = File("obolus-server.pem"),
                             .key_file = File("obolus-server.key"),
                             .client_ca_file = File("ca.pem"),
                             .client_certificates = client_certificates}};
  }

  static ClientTls As(const std::string& name) {
    ClientTls tls{.ca_file = File("ca.pem")};
    if (name.empty()) return tls;
    tls.certificate_file = File((name + ".pem").c_str());
    tls.key_file = File((name + ".key").c_str());
    return tls;
  }

  static base::Result<HttpResponse> Get(std::uint16_t port, ClientTls tls,
                                        const std::string& host = "localhost") {
    auto client = HttpClient::Make({.tls = std::move(tls)});
    if (!client) return std::unexpected(client.error());
    std::promise<base::Result<HttpResponse>> promise;
    auto answer = promise.get_future();
    (*client)->Send(
        {.method = "GET", .url = "https://" + host + ":" + std::to_string(port) + "/"},
        [&](base::Result<HttpResponse> result) { promise.set_value(std::move(result)); });
    return answer.get();
  }

 private:
  static inline TestFolder* folder_ = nullptr;
};

// Answers with what the server knows of its peer.
void AnswerPeer(HttpRequest request, Responder responder) {
  std::string body = request.peer.tls ? "tls" : "plain";
  if (const auto& certificate = request.peer.certificate) {
    body += " " + certificate->subject_common_name;
    for (const std::string& name : certificate->dns_names) body += " " + name;
    body += " " + certificate->sha256_fingerprint;
  }
  responder.Send({.body = std::move(body)});
}

// A handshake by OpenSSL itself; the version it ended with, or "" when it failed.
struct Handshake {
  int most_version = TLS1_3_VERSION;
  std::string protocols = {};  // ALPN, in wire form
  std::string suites = {};     // of TLS 1.2 and before

  std::string With(std::uint16_t port) const {
    const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()),
                                                               SSL_CTX_free);
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_max_proto_version(context.get(), most_version);
    if (!suites.empty()) SSL_CTX_set_cipher_list(context.get(), suites.c_str());
    const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.get()), SSL_free);
    if (!protocols.empty()) {
      SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                          static_cast<unsigned>(protocols.size()));
    }
    const TestSocket socket(port);
    SSL_set_fd(ssl.get(), socket.native());
    return SSL_connect(ssl.get()) == 1 ? SSL_get_version(ssl.get()) : "";
  }
};

TEST_F(Tls, HandshakesBeyondTheLimitAreClosedAndCountedAndTheirPlaceComesBack) {
  std::atomic<int> refused{0};
  ServerOptions options = Options(ClientCertificates::kNone);
  options.limits.max_handshakes = 1;
  options.limits.handshake_timeout = base::Millis(300);
  options.overloaded = [&](Overload what) { refused += what == Overload::kHandshake ? 1 : 0; };
  TestServer server(AnswerPeer, std::move(options));
  TestSocket silent(server.port());
  EXPECT_EQ(Handshake{}.With(server.port()), "");
  EXPECT_EQ(refused, 1);
  EXPECT_TRUE(silent.AtEnd()) << "its handshake has taken too long";
  EXPECT_EQ(Handshake{}.With(server.port()), "TLSv1.3");
}

TEST_F(Tls, AHandshakeThatTricklesInIsEnded) {
  ServerOptions options = Options(ClientCertificates::kNone);
  options.limits.handshake_timeout = base::Millis(200);
  TestServer server(AnswerPeer, std::move(options));
  TestSocket client(server.port());
  bool open = client.Send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  for (int i = 0; i < 500 && open; ++i) {
    std::this_thread::sleep_for(base::Millis(20));
    open = client.Send("a");
  }
  EXPECT_FALSE(open);
}

TEST_F(Tls, Http2IsChosenWhereItIsOfferedByBoth) {
  for (const bool offered : {false, true}) {
    ServerOptions options = Options(ClientCertificates::kNone);
    options.tls->http2 = offered;
    TestServer server(AnswerPeer, std::move(options));
    EXPECT_EQ(Handshake{.protocols = "\x02h2"}.With(server.port()), offered ? "TLSv1.3" : "");
    EXPECT_EQ(Handshake{.protocols = "\x08http/1.1"}.With(server.port()), "TLSv1.3");
  }
}

TEST_F(Tls, AVerifiedClientCertificateReachesTheHandler) {
  TestServer server(AnswerPeer, Options(ClientCertificates::kRequired));
  const auto response = Get(server.port(), As("commerce-client"));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_TRUE(response->body.starts_with("tls commerce commerce ")) << response->body;
  EXPECT_EQ(response->body.size(), std::string("tls commerce commerce ").size() + 64);
}

TEST_F(Tls, WithoutACertificateTheHandshakeFailsWhereOneIsRequired) {
  TestServer server(AnswerPeer, Options(ClientCertificates::kRequired));
  const auto response = Get(server.port(), As(""));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, base::ErrorCode::kUnavailable);
}

TEST_F(Tls, ACertificateOfAnotherAuthorityFailsEvenWhereNoneIsRequired) {
  for (const auto mode : {ClientCertificates::kRequired, ClientCertificates::kOptional}) {
    TestServer server(AnswerPeer, Options(mode));
    const auto response = Get(server.port(), As("stranger-client"));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, base::ErrorCode::kUnavailable);
  }
}

TEST_F(Tls, AServersCertificateIsNoClientCertificate) {
  TestServer server(AnswerPeer, Options(ClientCertificates::kRequired));
  EXPECT_FALSE(Get(server.port(), As("bridge-server")));
}

TEST_F(Tls, AnOptionalCertificateMayBeAbsent) {
  TestServer server(AnswerPeer, Options(ClientCertificates::kOptional));
  const auto without = Get(server.port(), As(""));
  ASSERT_TRUE(without) << without.error().message;
  EXPECT_EQ(without->body, "tls");
  const auto with = Get(server.port(), As("obolus-client"));
  ASSERT_TRUE(with) << with.error().message;
  EXPECT_TRUE(with->body.starts_with("tls obolus obolus ")) << with->body;
}

TEST_F(Tls, TheClientBelievesOnlyItsAuthorityAndOnlyTheNamesInTheCertificate) {
  TestServer server(AnswerPeer, Options(ClientCertificates::kNone));
  EXPECT_TRUE(Get(server.port(), As("")));
  EXPECT_TRUE(Get(server.port(), As(""), "127.0.0.1"));
  const auto other = Get(server.port(), {.ca_file = File("other-ca.pem")});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, base::ErrorCode::kUnavailable);
  EXPECT_FALSE(Get(server.port(), As(""), "127.0.0.2"));
}

TEST_F(Tls, OnlyModernVersionsAndSuitesAreSpoken) {
  TestServer server(AnswerPeer, Options(ClientCertificates::kNone));
  EXPECT_EQ(Handshake{}.With(server.port()), "TLSv1.3");
  EXPECT_EQ(Handshake{.most_version = TLS1_2_VERSION}.With(server.port()), "TLSv1.2");
  EXPECT_EQ(Handshake{.most_version = TLS1_1_VERSION}.With(server.port()), "");
  const Handshake old_suite{.most_version = TLS1_2_VERSION, .suites = "ECDHE-ECDSA-AES128-SHA"};
  EXPECT_EQ(old_suite.With(server.port()), "");
}

TEST_F(Tls, AlpnChoosesHttp11OrRefuses) {
  TestServer server(AnswerPeer, Options(ClientCertificates::kNone));
  EXPECT_EQ(Handshake{.protocols = "\x02h2\x08http/1.1"}.With(server.port()), "TLSv1.3");
  EXPECT_EQ(Handshake{.protocols = "\x02h2"}.With(server.port()), "");
}

TEST_F(Tls, AResumedSessionKeepsItsCertificate) {
  // Every exchange closes its connection, so the second one resumes by ticket.
  std::atomic<int> count{0};
  TestServer server(
      [&](HttpRequest request, Responder responder) {
        ++count;
        AnswerPeer(std::move(request), std::move(responder));
      },
      Options(ClientCertificates::kRequired));
  const auto client = HttpClient::Make({.tls = As("commerce-client")});
  ASSERT_TRUE(client);
  for (int i = 0; i < 3; ++i) {
    std::promise<base::Result<HttpResponse>> promise;
    (*client)->Send({.method = "GET",
                     .url = "https://localhost:" + std::to_string(server.port()) + "/",
                     .headers = {{"Connection", "close"}}},
                    [&](base::Result<HttpResponse> r) { promise.set_value(std::move(r)); });
    const auto response = promise.get_future().get();
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_TRUE(response->body.starts_with("tls commerce commerce ")) << response->body;
  }
  EXPECT_EQ(count, 3);
}

TEST_F(Tls, LargeBodiesPassBothWays) {
  ServerOptions options = Options(ClientCertificates::kNone);
  options.limits.max_body_bytes = 4 << 20;
  TestServer server(AnswerEcho, std::move(options));
  const auto client = HttpClient::Make({.tls = As(""), .max_response_bytes = 8 << 20});
  ASSERT_TRUE(client);
  const std::string body(3 << 20, 'b');
  std::promise<base::Result<HttpResponse>> promise;
  (*client)->Send({.url = "https://localhost:" + std::to_string(server.port()) + "/", .body = body},
                  [&](base::Result<HttpResponse> r) { promise.set_value(std::move(r)); });
  const auto response = promise.get_future().get();
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_TRUE(response->body == "POST /? " + body);
}

TEST_F(Tls, AStreamEndsWithACloseNotifyThatTheClientSees) {
  TestServer server(
      [](HttpRequest, Responder responder) {
        const auto stream = responder.Start({});
        stream->Write("all of it");
      },
      Options(ClientCertificates::kNone));
  const auto response = Get(server.port(), As(""));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "all of it");
}

TEST_F(Tls, AHandshakeThatDoesNotComeIsGivenUp) {
  ServerOptions options = Options(ClientCertificates::kNone);
  options.limits.handshake_timeout = base::Millis(60);
  TestServer server(AnswerPeer, std::move(options));
  TestSocket silent(server.port());
  EXPECT_TRUE(silent.AtEnd());
  TestSocket plain(server.port());
  plain.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_FALSE(plain.ReadAll().starts_with("HTTP/"));
}

TEST_F(Tls, AServerDoesNotStartWithFilesThatDoNotFit) {
  std::ofstream(File("nonsense.pem")) << "nonsense";
  const auto start = [](ServerTls tls) {
    Engine engine(1);
    const auto server = HttpServer::Start(engine, {.tls = std::move(tls)}, AnswerPeer);
    return server ? base::ErrorCode::kInternal : server.error().code;
  };
  const ServerTls good = *Options(ClientCertificates::kRequired).tls;
  ServerTls missing = good;
  missing.certificate_file = File("missing.pem");
  EXPECT_EQ(start(missing), base::ErrorCode::kInvalid);
  ServerTls nonsense = good;
  nonsense.key_file = File("nonsense.pem");
  chmod(nonsense.key_file.c_str(), 0644);
  EXPECT_EQ(start(nonsense), base::ErrorCode::kForbidden) << "a key that others may read";
  chmod(nonsense.key_file.c_str(), 0640);
  EXPECT_EQ(start(nonsense), base::ErrorCode::kInvalid);
  ServerTls other_key = good;
  other_key.key_file = File("bridge-server.key");
  EXPECT_EQ(start(other_key), base::ErrorCode::kInvalid);
  ServerTls no_authority = good;
  no_authority.client_ca_file = "";
  EXPECT_EQ(start(no_authority), base::ErrorCode::kInvalid);
}

TEST_F(Tls, AClientDoesNotStartWithFilesThatDoNotFit) {
  std::ofstream(File("nonsense.pem")) << "nonsense";
  const auto make = [](ClientTls tls) {
    const auto client = HttpClient::Make({.tls = std::move(tls)});
    return client ? base::ErrorCode::kInternal : client.error().code;
  };
  EXPECT_EQ(make({.ca_file = File("missing.pem")}), base::ErrorCode::kInvalid);
  EXPECT_EQ(make({.ca_file = File("nonsense.pem")}), base::ErrorCode::kInvalid);
  ClientTls other_key = As("obolus-client");
  other_key.key_file = File("commerce-client.key");
  EXPECT_EQ(make(other_key), base::ErrorCode::kInvalid);
  ClientTls no_key = As("obolus-client");
  no_key.key_file = "";
  EXPECT_EQ(make(no_key), base::ErrorCode::kInvalid);
}

}  // namespace
}  // namespace obolus::net
