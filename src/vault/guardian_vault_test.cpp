#include "vault/guardian_vault.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "net/test_server.h"
#include "support/manual_scheduler.h"

namespace obolus::vault {
namespace {

using base::ErrorCode;
using base::Millis;
using Kept = base::Result<app::StoredCard>;

constexpr char kGood[] = R"({"id":"tok-1","card":{"masked_account_number":"424242******4242"},)"
                         R"("expires_at":"2026-11-23T00:00:00Z"})";

domain::Card Card() {
  return {base::SecretBytes(std::string_view("4242424242424242")),
          base::SecretBytes(std::string_view("123")),
          base::SecretBytes(),
          7,
          2031,
          domain::CardNetwork::kVisa};
}

// A Guardian on a socket that answers as `answer` says; status 0 cuts the connection.
class GuardianVaultTest : public ::testing::Test {
 protected:
  GuardianVaultTest()
      : server_([this](net::HttpRequest request, net::Responder responder) {
          net::HttpResponse answer;
          {
            const std::lock_guard lock(mutex_);
            seen_.push_back(request);
            answer = answers_.size() > 1 ? answers_[seen_.size() - 1] : answers_[0];
          }
          if (answer.status == 0) return responder.Cut();
          responder.Send(std::move(answer));
        }) {
    vault_ = Make("http://127.0.0.1:" + std::to_string(server_.port()));
  }
  ~GuardianVaultTest() override { vault_.reset(); }

  std::unique_ptr<GuardianVault> Make(const std::string& url) {
    return std::move(GuardianVault::Make({.url = url,
                                          .api_key = "key-1",
                                          .client = {.timeout = Millis(2'000)},
                                          .answer_within = Millis(10'000),
                                          .breaker = {.failures = 3, .open_for = Millis(5'000)}},
                                         scheduler_, clock_, metrics_)
                         .value());
  }
  // Answers in turn; a single one stays.
  void Answers(std::vector<net::HttpResponse> answers) { answers_ = std::move(answers); }

  std::future<Kept> Begin() {
    auto promise = std::make_shared<std::promise<Kept>>();
    vault_->Keep(Card(), base::Uuid{}, clock_.Now(), "abc",
                 [promise](Kept kept) { promise->set_value(std::move(kept)); });
    return promise->get_future();
  }
  // Lets time pass for waiting attempts until there is an answer.
  Kept Keep() {
    auto future = Begin();
    for (int i = 0; i < 1'000; ++i) {
      if (future.wait_for(Millis(10)) == std::future_status::ready) return future.get();
      if (scheduler_.waiting() > 0) scheduler_.Advance(scheduler_.delays().back());
    }
    return base::Fail(ErrorCode::kInternal, "the vault never answered");
  }
  std::vector<net::HttpRequest> Seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  bool Counted(const std::string& line) {
    return metrics_.Expose().find(line) != std::string::npos;
  }

  testing::ManualClock clock_;
  testing::ManualScheduler scheduler_{clock_};
  base::Metrics metrics_;
  std::mutex mutex_;
  std::vector<net::HttpRequest> seen_;
  std::vector<net::HttpResponse> answers_{{201, {}, kGood}};
  net::TestServer server_;
  std::unique_ptr<GuardianVault> vault_;
};

TEST_F(GuardianVaultTest, KeepsACard) {
  const auto kept = Keep();
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(kept->id, "tok-1");
  EXPECT_EQ(kept->provider, "guardian");
  EXPECT_FALSE(kept->sealed);
  EXPECT_EQ(base::FormatTime(kept->valid_until.value()), "2026-11-23T00:00:00.000Z");
  const auto request = Seen().at(0);
  EXPECT_EQ(request.method + " " + request.target, "POST /api/pci/tokens");
  EXPECT_EQ(*request.headers.Find("x-api-key"), "key-1");
  EXPECT_EQ(*request.headers.Find("x-idempotency-key"), "00000000-0000-0000-0000-000000000000.abc");
  EXPECT_EQ(*request.headers.Find("content-type"), "application/json");
  EXPECT_NE(request.body.find("4242424242424242"), std::string::npos);
  EXPECT_TRUE(Counted(R"(obolus_vault_calls_total{call="keep",outcome="stored"} 1)"));
}

TEST_F(GuardianVaultTest, ARefusedCardIsTheCardsFault) {
  Answers({{422, {}, "{}"}});
  const auto kept = Keep();
  EXPECT_EQ(kept.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(kept.error().fields.at(0).pointer, "/account_number");
  EXPECT_EQ(Seen().size(), 1U) << "and is not tried again";
}

TEST_F(GuardianVaultTest, TriesAgainUnderTheSameKeyWithTheSameBytes) {
  Answers({{503, {}, ""}, {0, {}, ""}, {201, {}, kGood}});
  ASSERT_TRUE(Keep());
  const auto seen = Seen();
  ASSERT_EQ(seen.size(), 3U);
  for (const auto& request : seen) {
    EXPECT_EQ(request.body, seen[0].body);
    EXPECT_EQ(*request.headers.Find("x-idempotency-key"),
              *seen[0].headers.Find("x-idempotency-key"));
  }
}

TEST_F(GuardianVaultTest, ObeysRetryAfterWhileTheLeaseLasts) {
  Answers({{429, {{"Retry-After", "4"}}, ""}, {201, {}, kGood}});
  ASSERT_TRUE(Keep());
  EXPECT_EQ(scheduler_.delays(), std::vector<Millis>{Millis(4'000)});
}

TEST_F(GuardianVaultTest, GivesUpWhenTheNextAttemptWouldOutliveTheLease) {
  Answers({{429, {{"Retry-After", "9"}}, ""}});
  const auto kept = Keep();
  EXPECT_EQ(kept.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(kept.error().retry_after, std::chrono::seconds(9));
  EXPECT_EQ(Seen().size(), 1U);
  Answers({{409, {}, ""}});
  const auto begun = clock_.Now();
  EXPECT_EQ(Keep().error().code, ErrorCode::kUnavailable);
  EXPECT_LE(clock_.Now() - begun, Millis(8'000)) << "with time for one attempt left";
  EXPECT_GT(Seen().size(), 3U);
}

TEST_F(GuardianVaultTest, AWrongKeyIsNoFaultOfTheCard) {
  Answers({{401, {}, ""}});
  EXPECT_EQ(Keep().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Seen().size(), 1U) << "and trying again would not mend it";
  EXPECT_TRUE(Counted(R"(outcome="denied"} 1)"));
}

TEST_F(GuardianVaultTest, SomethingElseThanGuardianIsNeverACard) {
  for (const char* body : {"<html>", "{}", R"({"id":"tok-1"})"}) {
    Answers({{200, {}, body}});
    EXPECT_EQ(Keep().error().code, ErrorCode::kUnavailable) << body;
  }
  vault_ = Make("http://127.0.0.1:" + std::to_string(server_.port()));
  Answers({{200, {}, std::string(200'000, 'x')}});
  EXPECT_EQ(Keep().error().code, ErrorCode::kUnavailable);
}

TEST_F(GuardianVaultTest, ADeadGuardianIsNotAskedForAWhile) {
  Answers({{500, {}, ""}});
  EXPECT_FALSE(Keep());
  EXPECT_EQ(Seen().size(), 3U) << "the breaker's three";
  const auto kept = Keep();
  EXPECT_EQ(kept.error().code, ErrorCode::kUnavailable);
  EXPECT_GE(kept.error().retry_after.value(), std::chrono::seconds(1));
  EXPECT_EQ(Seen().size(), 3U);
  EXPECT_TRUE(Counted("obolus_vault_breaker_state 2"));
  EXPECT_TRUE(Counted("obolus_vault_breaker_opened_total 1"));
  clock_.Advance(Millis(5'000));
  Answers({{201, {}, kGood}});
  EXPECT_TRUE(Keep());
  EXPECT_TRUE(Counted("obolus_vault_breaker_state 0"));
}

TEST_F(GuardianVaultTest, DeletesAToken) {
  const auto remove = [&](const std::string& id) {
    std::promise<base::Status> promise;
    vault_->Delete(id, [&](base::Status status) { promise.set_value(std::move(status)); });
    return promise.get_future().get();
  };
  Answers({{204, {}, ""}});
  EXPECT_TRUE(remove("tok-1"));
  EXPECT_EQ(Seen().at(0).method + " " + Seen().at(0).target, "DELETE /api/pci/tokens/tok-1");
  Answers({{503, {{"Retry-After", "9"}}, ""}});
  EXPECT_EQ(remove("tok-1").error().retry_after, std::chrono::seconds(9));
  EXPECT_EQ(remove("../tok").error().code, ErrorCode::kInvalid);
}

TEST_F(GuardianVaultTest, ClosingEndsWhatWaits) {
  Answers({{503, {}, ""}});
  auto waiting = Begin();
  while (scheduler_.waiting() == 0) std::this_thread::sleep_for(Millis(5));
  vault_->Close();
  scheduler_.Advance(Millis(1'000));
  EXPECT_EQ(waiting.get().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Keep().error().code, ErrorCode::kUnavailable);
}

TEST_F(GuardianVaultTest, TheProbeTellsAWrongKeyFromAWrongPlace) {
  const auto probe = [&] {
    return ProbeGuardian(
        {.url = "http://127.0.0.1:" + std::to_string(server_.port()), .api_key = "key-1"});
  };
  Answers({{404, {}, ""}});
  EXPECT_TRUE(probe());
  EXPECT_EQ(Seen().at(0).method, "GET");
  Answers({{401, {}, ""}});
  EXPECT_EQ(probe().error().code, ErrorCode::kUnauthorized);
  Answers({{200, {}, ""}});
  EXPECT_EQ(probe().error().code, ErrorCode::kInvalid);
  EXPECT_EQ(ProbeGuardian({.url = "http://127.0.0.1:1"}).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace obolus::vault
