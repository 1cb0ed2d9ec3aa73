#include "sandbox/guardian.h"

#include <gtest/gtest.h>

#include "sandbox/server.h"
#include "sandbox/test_obolus.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

constexpr char kCard[] =
    R"({"source":{"type":"pan","account_number":"378282246310005","expiry_year":2031,)"
    R"("expiry_month":7,"security_code":"1234"},"metadata":{"session_id":"s"}})";

class GuardianTest : public testing::Test {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.port = options.bridge_port = 0;
    options.guardian_port = 0;
    options.guardian_key = "guardian-key";
    options.api_key = "other-key";
    options.certificates = TestCertificates();
    auto started = Server::Start(options);
    ASSERT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
  }
  net::HttpResponse Call(std::string method, const std::string& url, std::string body = "",
                         net::Headers headers = {}) {
    if (!body.empty()) headers.Add("content-type", "application/json");
    auto answer = Fetch(*client_, {std::move(method), url, std::move(headers), std::move(body)});
    EXPECT_TRUE(answer) << url;
    return answer ? *answer : net::HttpResponse{.status = 0};
  }
  net::HttpResponse Tokens(std::string method, const std::string& path = "", std::string body = "",
                           const std::string& idempotency_key = "k1",
                           const std::string& key = "guardian-key") {
    return Call(std::move(method), server_->guardian_url() + "/api/pci/tokens" + path,
                std::move(body), {{"x-api-key", key}, {"x-idempotency-key", idempotency_key}});
  }
  void Play(const std::string& script) {
    EXPECT_EQ(Call("POST", server_->url() + "control/guardian", script).status, 204);
  }
  static std::string Text(const net::HttpResponse& answer, std::string_view pointer) {
    const auto value = base::ParseJson(answer.body);
    return value ? base::FindString(*value, pointer).value_or("") : "";
  }
  std::int64_t Count(const std::string& what) {
    const auto report = base::ParseJson(Call("GET", server_->url() + "control/guardian").body);
    return report->at(what).to_number<std::int64_t>();
  }

  std::unique_ptr<net::HttpClient> client_ = TestClient("");
  std::unique_ptr<Server> server_;
};

TEST_F(GuardianTest, MakesShowsAndDeletesAToken) {
  const auto made = Tokens("POST", "", kCard);
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(Text(made, "/card/masked_account_number"), "378282*****0005");
  EXPECT_EQ(Text(made, "/card/scheme"), "american express");
  const std::string path = "/" + Text(made, "/id");
  EXPECT_EQ(Tokens("GET", path).body, made.body);
  EXPECT_EQ(Tokens("DELETE", path).status, 204);
  EXPECT_EQ(Tokens("DELETE", path).status, 404);
  EXPECT_EQ(Tokens("GET", path).status, 404);
  EXPECT_EQ(Count("deleted"), 1);
}

TEST_F(GuardianTest, OneIdempotencyKeyMakesOneToken) {
  const auto made = Tokens("POST", "", kCard);
  EXPECT_EQ(Tokens("POST", "", kCard).body, made.body);
  std::string other = kCard;
  other.replace(other.find("2031"), 4, "2032");
  EXPECT_EQ(Tokens("POST", "", other).status, 409);
  EXPECT_NE(Text(Tokens("POST", "", kCard, "k2"), "/id"), Text(made, "/id"));
  EXPECT_EQ(Count("created"), 2);
  EXPECT_EQ(Count("repeated"), 1);
}

TEST_F(GuardianTest, WantsItsKey) {
  EXPECT_EQ(Tokens("POST", "", kCard, "k", "other-key").status, 401);
  EXPECT_EQ(Count("created"), 0);
}

TEST_F(GuardianTest, PlaysItsScript) {
  Play(R"({"answer":"refuse","times":1})");
  EXPECT_EQ(Tokens("POST", "", kCard).status, 422);
  EXPECT_EQ(Tokens("POST", "", kCard).status, 201) << "once only";
  Play(R"({"answer":"unavailable","retry_after":7,"apply":true})");
  const auto lost = Tokens("POST", "", kCard, "k2");
  EXPECT_EQ(lost.status, 503);
  EXPECT_EQ(*lost.headers.Find("retry-after"), "7");
  EXPECT_EQ(Count("created"), 2);
  Play(R"({"answer":"unauthorized"})");
  EXPECT_EQ(Tokens("POST", "", kCard).status, 401);
  Play(R"({"answer":"odd","status":200,"body":"<html>"})");
  EXPECT_EQ(Tokens("POST", "", kCard).body, "<html>");
  EXPECT_EQ(Call("POST", server_->url() + "control/guardian", R"({"answer":"x"})").status, 422);
}

TEST_F(GuardianTest, TheJournalHoldsNoCard) {
  Tokens("POST", "", kCard);
  const auto log = Call("GET", server_->url() + "control/log").body;
  EXPECT_NE(log.find("378282*****0005"), std::string::npos) << log;
  EXPECT_EQ(log.find("378282246310005"), std::string::npos);
  EXPECT_EQ(log.find("1234"), std::string::npos);
  EXPECT_EQ(log.find("guardian-key"), std::string::npos);
}

}  // namespace
}  // namespace obolus::sandbox
