#include "vault/card_forwarder.h"

#include <gtest/gtest.h>

#include <future>

#include "net/test_server.h"
#include "support/manual_clock.h"

namespace obolus::vault {
namespace {

using app::ForwardCall;
using app::ForwardOutcome;
using base::ErrorCode;
using base::SecretBytes;
using Kind = ForwardOutcome::Kind;

constexpr char kNumber[] = "4929420573595709";

class CardForwarderTest : public ::testing::Test {
 protected:
  CardForwarderTest()
      : server_([this](net::HttpRequest request, net::Responder responder) {
          seen_ = std::move(request);
          responder.Send(answer_(seen_));
        }),
        origin_("http://127.0.0.1:" + std::to_string(server_.port())) {
    Use({.origin = origin_, .path_prefix = "/v1", .internal = true});
  }

  void Use(ForwardDestination destination) {
    ForwarderOptions options;
    options.destinations = {std::move(destination)};
    options.response_headers = {"x-request-id"};
    options.max_response_bytes = 20'000;
    options.timeout = base::Millis(5'000);
    forwarder_ = CardForwarder::Make(std::move(options), vault_, metrics_).value();
  }
  ForwardCall Call(std::string path = "/v1/charges") const {
    return {.method = "POST",
            .url = origin_ + path,
            .headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer x"}},
            .body = R"({"n":"{{ account_number }}","c":"{{ security_code }}"})"};
  }
  std::string RefusalOf(ForwardCall call) const {
    const auto prepared = forwarder_->Prepare(std::move(call));
    if (prepared) return "none";
    const auto& error = prepared.error();
    return error.code == ErrorCode::kForbidden ? "forbidden" : error.fields.at(0).pointer;
  }
  app::SealedCard Sealed() {
    app::SealedCard sealed;
    domain::Card card{SecretBytes(std::string_view(kNumber)),
                      SecretBytes(),
                      SecretBytes(std::string_view("Ada")),
                      7,
                      2031,
                      domain::CardNetwork::kVisa};
    vault_.Keep(std::move(card), ids_.NewUuid(), clock_.Now() + std::chrono::hours(1), "",
                [&](base::Result<app::StoredCard> stored) { sealed = *stored->sealed; });
    return sealed;
  }
  base::Result<ForwardOutcome> Send(app::SealedCard sealed, ForwardCall call) {
    std::promise<base::Result<ForwardOutcome>> promise;
    auto outcome = promise.get_future();
    forwarder_->Send(std::move(forwarder_->Prepare(std::move(call)).value()), std::move(sealed),
                     SecretBytes(std::string_view("737")),
                     [&](base::Result<ForwardOutcome> got) { promise.set_value(std::move(got)); });
    return outcome.get();
  }
  ForwardOutcome Send(ForwardCall call) { return Send(Sealed(), std::move(call)).value(); }
  ForwardOutcome Send() { return Send(Call()); }

  std::function<net::HttpResponse(const net::HttpRequest&)> answer_ = [](const auto&) {
    return net::HttpResponse{.status = 201, .body = "done"};
  };
  net::HttpRequest seen_;
  testing::ManualClock clock_;
  base::RandomIdSource ids_;
  base::Metrics metrics_;
  const Keychain ring_{KeyRing::Generate(clock_.Now()), clock_};
  EmbeddedVault vault_{ring_, ids_, clock_};
  net::TestServer server_;
  const std::string origin_;
  std::unique_ptr<CardForwarder> forwarder_;
};

TEST_F(CardForwarderTest, SendsTheFilledTemplateAndHandsTheAnswerOn) {
  answer_ = [](const net::HttpRequest&) {
    return net::HttpResponse{.status = 402,
                             .headers = {{"Content-Type", "application/json"},
                                         {"X-Request-Id", "r1"},
                                         {"Set-Cookie", "a=b"}},
                             .body = R"({"error":"declined"})"};
  };
  const ForwardOutcome outcome = Send();
  EXPECT_EQ(seen_.method, "POST");
  EXPECT_EQ(seen_.target, "/v1/charges");
  EXPECT_EQ(seen_.body, R"({"n":"4929420573595709","c":"737"})");
  EXPECT_EQ(*seen_.headers.Find("Authorization"), "Bearer x");
  EXPECT_EQ(*seen_.headers.Find("Accept-Encoding"), "identity");
  EXPECT_EQ(outcome.kind, Kind::kAnswered);
  EXPECT_EQ(outcome.status, 402);
  EXPECT_EQ(outcome.body, R"({"error":"declined"})");
  EXPECT_EQ(outcome.headers,
            (app::HeaderLines{{"content-type", "application/json"}, {"x-request-id", "r1"}}));
}

TEST_F(CardForwarderTest, MasksWhatTheDestinationRepeats) {
  answer_ = [](const net::HttpRequest& request) {
    return net::HttpResponse{
        .headers = {{"X-Request-Id", "for 4929420573595709"}},
        .body = "got " + request.body + std::string(5'000, ' ') + request.body};
  };
  const ForwardOutcome outcome = Send();
  EXPECT_EQ(outcome.body.find(kNumber), std::string::npos);
  EXPECT_EQ(outcome.body.find("737"), std::string::npos);
  EXPECT_TRUE(outcome.body.ends_with(R"({"n":"************5709","c":"***"})")) << outcome.body;
  EXPECT_EQ(outcome.headers.at(0).second, "for ************5709");
}

TEST_F(CardForwarderTest, ARedirectIsAnAnswerAndNotFollowed) {
  int served = 0;
  answer_ = [&](const net::HttpRequest&) {
    ++served;
    return net::HttpResponse{.status = 307, .headers = {{"Location", "/v1/elsewhere"}}};
  };
  const ForwardOutcome outcome = Send();
  EXPECT_EQ(outcome.status, 307);
  EXPECT_TRUE(outcome.headers.empty());
  EXPECT_EQ(served, 1);
}

TEST_F(CardForwarderTest, AnAnswerInWhichCardDataCannotBeSeenIsNotHandedOn) {
  answer_ = [](const net::HttpRequest&) {
    return net::HttpResponse{.headers = {{"Content-Encoding", "gzip"}}, .body = "\x1f\x8b..."};
  };
  const ForwardOutcome packed = Send();
  EXPECT_EQ(packed.kind, Kind::kUnknown);
  EXPECT_EQ(packed.body, "");
  answer_ = [](const net::HttpRequest&) {
    return net::HttpResponse{.body = std::string(20'001, 'x')};
  };
  const ForwardOutcome large = Send();
  EXPECT_EQ(large.kind, Kind::kUnknown);
  EXPECT_EQ(large.body, "");
}

TEST_F(CardForwarderTest, SaysWhetherAnythingWasSent) {
  Use({.origin = "http://localhost:" + std::to_string(server_.port()), .resolve = {}});
  ForwardCall call = Call();
  call.url = "http://localhost:" + std::to_string(server_.port()) + "/x";
  const ForwardOutcome inside = Send(std::move(call));
  EXPECT_EQ(inside.kind, Kind::kNotSent) << "it leads inside, and that was not allowed";
  EXPECT_EQ(inside.detail, "the destination is at an address that is not on the public Internet");
  EXPECT_EQ(seen_.method, "") << "nothing came";
}

TEST_F(CardForwarderTest, ACardThatDoesNotOpenIsNotSent) {
  app::SealedCard sealed = Sealed();
  sealed.ciphertext.back() ^= 1;
  const auto outcome = Send(sealed, Call());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kMalformed);
  EXPECT_EQ(seen_.method, "");
}

TEST_F(CardForwarderTest, OnlyWhatTheConfigurationNamesIsADestination) {
  EXPECT_EQ(RefusalOf(Call()), "none");
  EXPECT_EQ(RefusalOf(Call("/v1")), "none");
  EXPECT_EQ(RefusalOf(Call("/v1/x?a=b")), "none");
  EXPECT_EQ(RefusalOf(Call("/v10/x")), "forbidden") << "whole segments";
  EXPECT_EQ(RefusalOf(Call("/")), "forbidden");
  for (const std::string& url :
       {std::string("https://elsewhere.example/v1"), std::string("https://127.0.0.1/v1"),
        std::string("http://127.0.0.1:1/v1"),
        "http://localhost:" + std::to_string(server_.port()) + "/v1"}) {
    ForwardCall call = Call();
    call.url = url;
    EXPECT_EQ(RefusalOf(call), "forbidden") << url;
  }
  ForwardCall put = Call();
  put.method = "PUT";
  EXPECT_EQ(RefusalOf(put), "forbidden");
  put.method = "GET";
  EXPECT_EQ(RefusalOf(put), "/method");
}

TEST_F(CardForwarderTest, AUrlMustBeWrittenPlainly) {
  for (const std::string& path :
       {"/v1/../admin", "/v1/./x", "/v1/..", "/v1/%2e%2e/admin", "/v1/%2E%2e", "/v1//x",
        "/v1/%2fadmin", "/v1\\..\\x", "/v1/x#y", "/v1/;x", "/v1/{{ account_number }}",
        "/v1/x?{{account_number}}", "/v1/é"}) {
    EXPECT_EQ(RefusalOf(Call(path)), "/url") << path;
  }
  ForwardCall call = Call();
  call.url = "http://user@127.0.0.1:" + std::to_string(server_.port()) + "/v1";
  EXPECT_EQ(RefusalOf(call), "/url");
}

TEST_F(CardForwarderTest, HeadersAreTheCallersButForThoseOfTheConnection) {
  const auto with = [&](std::string name, std::string value) {
    ForwardCall call = Call();
    call.headers.emplace_back(std::move(name), std::move(value));
    return RefusalOf(call);
  };
  EXPECT_EQ(with("Idempotency-Key", "k"), "none");
  EXPECT_EQ(with("Host", "elsewhere.example"), "/headers/Host");
  EXPECT_EQ(with("transfer-encoding", "chunked"), "/headers/transfer-encoding");
  EXPECT_EQ(with("Content-Length", "1"), "/headers/Content-Length");
  EXPECT_EQ(with("Accept-Encoding", "gzip"), "/headers/Accept-Encoding");
  EXPECT_EQ(with("X-A", "a\r\nHost: b"), "/headers/X-A");
  EXPECT_EQ(with("X-A", "a\nb"), "/headers/X-A");
  EXPECT_EQ(with("X-A\r\nY", "a"), "/headers");
  EXPECT_EQ(with("X A", "a"), "/headers");
  EXPECT_EQ(with("X-Card", "{{ account_number }}"), "/headers/X-Card");
  EXPECT_EQ(with("content-type", "text/xml"), "/headers/content-type") << "twice";
}

TEST_F(CardForwarderTest, ABodyMustBeOfAKindThatValuesAreEscapedFor) {
  const auto of = [&](const std::string& type, const std::string& body) {
    ForwardCall call = Call();
    call.headers = {{"content-type", type}};
    call.body = body;
    return RefusalOf(call);
  };
  EXPECT_EQ(of("application/vnd.api+json; charset=UTF-8", "{}"), "none");
  EXPECT_EQ(of("application/x-www-form-urlencoded", "a={{ account_number }}"), "none");
  EXPECT_EQ(of("text/xml", "<a>{{ account_number }}</a>"), "none");
  EXPECT_EQ(of("text/plain", "{{ account_number }}"), "/headers/content-type");
  EXPECT_EQ(of("multipart/form-data", "x"), "/headers/content-type");
  EXPECT_EQ(of("application/json; charset=utf-16", "{}"), "/headers/content-type");
  EXPECT_EQ(of("application/json", "{"), "/body");
}

}  // namespace
}  // namespace obolus::vault
