#include "vault/guardian_vault.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <map>
#include <utility>

#include "base/log.h"

namespace obolus::vault {
namespace {

using base::ErrorCode;
using base::Millis;
using Kind = TokenReply::Kind;
using Permit = net::CircuitBreaker::Permit;

// Before the second, third, … attempt; the last one goes on.
constexpr std::array<Millis, 3> kDelays = {Millis(250), Millis(1'000), Millis(2'000)};

base::Error Unavailable(ErrorCode code, Millis wait) {
  base::Error error{code, "cards cannot be stored at the moment", {}, std::nullopt};
  if (wait > Millis(0)) error.retry_after = std::chrono::ceil<std::chrono::seconds>(wait);
  return error;
}

net::ClientRequest RequestTo(const GuardianOptions& options, std::string method,
                             std::string_view path) {
  net::ClientRequest request{.method = std::move(method),
                             .url = options.url + kGuardianTokensPath + std::string(path)};
  request.headers.Add("x-api-key", options.api_key);
  request.headers.Add("Accept", "application/json");
  return request;
}

std::string_view NameOf(Kind kind) {
  switch (kind) {
    case Kind::kStored:
      return "stored";
    case Kind::kRefused:
      return "refused";
    case Kind::kBusy:
      return "busy";
    case Kind::kFailed:
      return "failed";
    case Kind::kDenied:
      return "denied";
    case Kind::kNoGuardian:
      return "unusable";
  }
  return "";
}

}  // namespace

// One card on its way, through all its attempts.
struct GuardianVault::Keeping {
  base::Uuid session_id;
  std::shared_ptr<const base::SecretBytes> body;
  CardMark mark;
  std::string idempotency_key;
  base::Timestamp answer_by;
  base::Done<app::StoredCard> done;
  std::size_t attempts = 0;
  bool may_be_stored = false;  // an attempt ended without an answer
  Permit permit;               // of the attempt under way
};

struct GuardianVault::Counters {
  explicit Counters(base::Metrics& metrics)
      : opened(metrics.AddCounter("obolus_vault_breaker_opened_total",
                                  "How often the vault was taken for down.")),
        state(metrics.AddGauge("obolus_vault_breaker_state",
                               "Whether the vault is asked: 0 yes, 1 to try, 2 not now.")),
        seconds(metrics.AddHistogram("obolus_vault_seconds", "How long one call to the vault took.",
                                     {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})) {
    for (const std::string call : {"keep", "delete"}) {
      for (const std::string outcome :
           {"stored", "deleted", "refused", "busy", "failed", "denied", "unusable", "not_asked"}) {
        calls[call + outcome] = metrics.AddCounter(
            "obolus_vault_calls_total", "Calls to a remote vault, by what became of them.",
            {{"call", call}, {"outcome", outcome}});
      }
    }
  }
  void Count(const std::string& call, std::string_view outcome) const {
    calls.at(call + std::string(outcome)).Add();
  }

  base::Counter opened;
  base::Gauge state;
  base::Histogram seconds;
  std::map<std::string, base::Counter> calls;
};

base::Result<std::unique_ptr<GuardianVault>> GuardianVault::Make(GuardianOptions options,
                                                                 base::Scheduler& scheduler,
                                                                 const base::Clock& clock,
                                                                 base::Metrics& metrics) {
  auto client = net::RenewableClient::Make(options.client);
  if (!client) return std::unexpected(client.error());
  return std::unique_ptr<GuardianVault>(
      new GuardianVault(std::move(options), std::move(*client), scheduler, clock, metrics));
}

GuardianVault::GuardianVault(GuardianOptions options, std::unique_ptr<net::RenewableClient> client,
                             base::Scheduler& scheduler, const base::Clock& clock,
                             base::Metrics& metrics)
    : options_(std::move(options)),
      scheduler_(scheduler),
      clock_(clock),
      counters_(std::make_unique<Counters>(metrics)),
      breaker_(options_.breaker),
      client_(std::move(client)) {}

GuardianVault::~GuardianVault() {
  Close();
}

base::Status GuardianVault::RenewTls() {
  const std::lock_guard lock(mutex_);
  if (!client_) return base::Fail(ErrorCode::kUnavailable, "the vault is closed");
  return client_->Renew(options_.client.tls);
}

void GuardianVault::Close() {
  std::unique_ptr<net::RenewableClient> client;
  {
    const std::lock_guard lock(mutex_);
    client = std::move(client_);
  }
}

bool GuardianVault::IsClosed() {
  const std::lock_guard lock(mutex_);
  return client_ == nullptr;
}

bool GuardianVault::Send(net::ClientRequest request, base::Done<net::HttpResponse> done) {
  const std::lock_guard lock(mutex_);
  if (!client_) return false;
  client_->Send(std::move(request), [this, begun = clock_.Now(), done = std::move(done)](
                                        base::Result<net::HttpResponse> response) mutable {
    const Millis took = std::max(clock_.Now() - begun, Millis(0));
    counters_->seconds.Observe(static_cast<double>(took.count()) / 1000);
    done(std::move(response));
  });
  return true;
}

bool GuardianVault::MayAsk(Permit* permit, Millis* wait) {
  net::BreakerState before, after;
  bool may = false;
  {
    const std::lock_guard lock(mutex_);
    before = breaker_.state();
    const auto given = client_ ? breaker_.Ask(clock_.Now()) : std::nullopt;
    may = given.has_value();
    if (may) *permit = *given;
    // While one call is tried nobody knows how long, but not long.
    *wait = breaker_.state() == net::BreakerState::kHalfOpen ? Millis(1'000)
                                                             : breaker_.Wait(clock_.Now());
    after = breaker_.state();
  }
  TellBreaker(before, after);
  return may;
}

void GuardianVault::Learn(Permit permit, bool well) {
  net::BreakerState before, after;
  {
    const std::lock_guard lock(mutex_);
    before = breaker_.state();
    if (well) {
      breaker_.Succeeded(permit);
    } else {
      breaker_.Failed(permit, clock_.Now());
    }
    after = breaker_.state();
  }
  TellBreaker(before, after);
}

void GuardianVault::TellBreaker(net::BreakerState before, net::BreakerState after) {
  if (before == after) return;
  counters_->state.Set(static_cast<double>(after));
  if (after == net::BreakerState::kOpen) counters_->opened.Add();
  const auto level =
      after == net::BreakerState::kOpen ? base::LogLevel::kError : base::LogLevel::kInfo;
  base::Log(level, "vault_breaker", {{base::Field::kState, net::ToString(after)}});
}

void GuardianVault::Keep(domain::Card card, const base::Uuid& session_id,
                         base::Timestamp /*valid_until*/, std::string idempotency_key,
                         base::Done<app::StoredCard> done) {
  auto keeping = std::make_shared<Keeping>();
  keeping->session_id = session_id;
  keeping->body = std::make_shared<const base::SecretBytes>(TokenRequest(card, session_id));
  keeping->mark = MarkOf(card);
  // The same envelope in two sessions is two cards: each is deleted with its own session.
  keeping->idempotency_key = base::ToString(session_id) + "." + idempotency_key;
  keeping->answer_by = clock_.Now() + options_.answer_within;
  keeping->done = std::move(done);
  Attempt(keeping);
}

void GuardianVault::Attempt(const Shared& keeping) {
  Millis wait{};
  if (!MayAsk(&keeping->permit, &wait)) {
    counters_->Count("keep", "not_asked");
    keeping->body.reset();
    return keeping->done(std::unexpected(Unavailable(ErrorCode::kUnavailable, wait)));
  }
  ++keeping->attempts;
  net::ClientRequest request = RequestTo(options_, "POST", "");
  request.headers.Add("Content-Type", "application/json");
  request.headers.Add("x-idempotency-key", keeping->idempotency_key);
  request.secret_body = keeping->body;
  const bool is_sent =
      Send(std::move(request), [this, keeping](base::Result<net::HttpResponse> response) {
        Read(keeping, ReadTokenReply(std::move(response), keeping->mark));
      });
  if (!is_sent) Fail(keeping, {.detail = "the service is stopping"});
}

void GuardianVault::Read(const Shared& keeping, TokenReply reply) {
  counters_->Count("keep", NameOf(reply.kind));
  const bool is_well =
      reply.kind == Kind::kStored || reply.kind == Kind::kRefused || reply.kind == Kind::kBusy;
  Learn(keeping->permit, is_well);
  if (reply.kind != Kind::kDenied) {
    denied_ = false;
  } else if (!denied_.exchange(true)) {
    base::Log(base::LogLevel::kError, "vault_key_refused", {{base::Field::kStatus, reply.status}});
  }
  switch (reply.kind) {
    case Kind::kStored:
      keeping->body.reset();
      return keeping->done(
          app::StoredCard{std::move(reply.id), "guardian", std::nullopt, reply.expires_at});
    case Kind::kRefused:
      keeping->body.reset();
      return keeping->done(base::Invalid("/account_number", "was refused"));
    case Kind::kBusy:
    case Kind::kFailed:
      keeping->may_be_stored = keeping->may_be_stored || reply.kind == Kind::kFailed;
      return RetryOrFail(keeping, reply);
    case Kind::kDenied:
    case Kind::kNoGuardian:
      return Fail(keeping, reply);
  }
}

void GuardianVault::RetryOrFail(const Shared& keeping, const TokenReply& reply) {
  const Millis usual = kDelays[std::min(keeping->attempts, kDelays.size()) - 1];
  const Millis delay = std::max(usual, reply.retry_after.value_or(usual));
  // An attempt that could still run when the lease ends would work for nobody.
  const bool fits = clock_.Now() + delay + options_.client.timeout <= keeping->answer_by;
  if (!fits || IsClosed()) return Fail(keeping, reply);
  scheduler_.After(delay, [this, keeping] { Attempt(keeping); });
}

void GuardianVault::Fail(const Shared& keeping, const TokenReply& reply) {
  keeping->body.reset();
  base::Log(base::LogLevel::kWarn, "vault_failed",
            {{base::Field::kSessionId, base::ToString(keeping->session_id)},
             {base::Field::kOutcome, keeping->may_be_stored ? "unknown" : NameOf(reply.kind)},
             {base::Field::kStatus, reply.status},
             {base::Field::kAttempts, static_cast<std::int64_t>(keeping->attempts)},
             {base::Field::kErrorText, reply.detail}});
  const auto code = reply.timed_out ? ErrorCode::kTimeout : ErrorCode::kUnavailable;
  keeping->done(std::unexpected(Unavailable(code, reply.retry_after.value_or(Millis(0)))));
}

void GuardianVault::Delete(const std::string& card_id,
                           std::move_only_function<void(base::Status)> done) {
  if (!IsTokenId(card_id)) return done(base::Fail(ErrorCode::kInvalid, "no id of a token"));
  Permit permit;
  Millis wait{};
  if (!MayAsk(&permit, &wait)) {
    counters_->Count("delete", "not_asked");
    return done(std::unexpected(Unavailable(ErrorCode::kUnavailable, wait)));
  }
  auto shared = std::make_shared<std::move_only_function<void(base::Status)>>(std::move(done));
  const bool is_sent =
      Send(RequestTo(options_, "DELETE", "/" + card_id),
           [this, permit, shared](const base::Result<net::HttpResponse>& response) {
             const auto deleted = ReadDeletionReply(response);
             const bool is_denied = !deleted && deleted.error().code == ErrorCode::kUnauthorized;
             Learn(permit, response.has_value() && response->status < 500 && !is_denied);
             counters_->Count("delete", deleted ? "deleted" : is_denied ? "denied" : "failed");
             (*shared)(deleted);
           });
  if (!is_sent) (*shared)(std::unexpected(Unavailable(ErrorCode::kUnavailable, Millis(0))));
}

base::Result<std::string> ProbeGuardian(const GuardianOptions& options) {
  auto client = net::HttpClient::Make(options.client);
  if (!client) return base::Fail(ErrorCode::kInvalid, client.error().message);
  std::promise<base::Result<net::HttpResponse>> promise;
  auto answered = promise.get_future();
  (*client)->Send(RequestTo(options, "GET", "/" + base::ToString(base::Uuid{})),
                  [&promise](base::Result<net::HttpResponse> response) {
                    promise.set_value(std::move(response));
                  });
  const auto response = answered.get();
  if (!response) {
    return base::Fail(ErrorCode::kUnavailable, "does not answer: " + response.error().message);
  }
  const std::string status = std::to_string(response->status);
  switch (response->status) {
    case 404:
      return "answers, and takes our key";
    case 401:
    case 403:
      return base::Fail(ErrorCode::kUnauthorized,
                        "refuses our key or certificate (" + status + ")");
    case 429:
    case 503:
      return base::Fail(ErrorCode::kUnavailable, "is there, but answers " + status);
    default:
      return base::Fail(ErrorCode::kInvalid, "answers " + status +
                                                 " when asked for a token that cannot be there: is "
                                                 "vault.guardian.url right?");
  }
}

}  // namespace obolus::vault
