#include "sandbox/obolus_link.h"

#include <algorithm>
#include <utility>

namespace obolus::sandbox {
namespace {

constexpr base::Millis kMaxRetryAfter{5'000};

// Retry-After in seconds (RFC 9110 §10.2.3); 0 when absent or a date.
base::Millis RetryAfter(const base::Result<net::HttpResponse>& answer) {
  if (!answer) return base::Millis(0);
  const auto* value = answer->headers.Find("retry-after");
  if (!value || value->empty() || value->size() > 4) return base::Millis(0);
  int seconds = 0;
  for (char c : *value) {
    if (c < '0' || c > '9') return base::Millis(0);
    seconds = seconds * 10 + (c - '0');
  }
  return std::min(base::Millis(seconds * 1000), kMaxRetryAfter);
}

}  // namespace

struct ObolusLink::Attempt {
  ObolusCall call;
  OnAnswer done;
  base::Timestamp give_up_at;
  base::Timestamp sent_at;
  int number = 0;
  bool once = false;
};

base::Millis RetryDelay(int attempt) {
  return base::Millis(std::min(1000, 50 << std::clamp(attempt - 1, 0, 10)));
}

base::Result<std::string> TextIn(const base::Result<net::HttpResponse>& answer,
                                 std::string_view pointer) {
  if (!answer) {
    return base::Fail(answer.error().code,
                      "The checkout cannot be reached: " + answer.error().message);
  }
  if (answer->status < 200 || answer->status >= 300) {
    return base::Fail(base::ErrorCode::kInternal,
                      "The checkout answered " + std::to_string(answer->status) + ".");
  }
  auto body = base::ParseJson(answer->body);
  auto text = body ? base::FindString(*body, pointer) : std::nullopt;
  if (!text || text->empty()) {
    return base::Fail(base::ErrorCode::kMalformed,
                      "The checkout's answer has no " + std::string(pointer) + ".");
  }
  return *text;
}

bool WorthAnotherTry(int status) {
  if (status == 0 || status == 409 || status == 425 || status == 429) return true;
  return status >= 500 && status != 501;
}

ObolusLink::ObolusLink(ObolusLinkOptions options, net::HttpClient& client,
                       base::Scheduler& scheduler, const base::Clock& clock, Journal& journal)
    : options_(std::move(options)),
      client_(client),
      scheduler_(scheduler),
      clock_(clock),
      journal_(journal) {}

void ObolusLink::Post(ObolusCall call, OnAnswer done) {
  auto attempt = std::make_shared<Attempt>();
  attempt->call = std::move(call);
  if (!options_.api_key.empty()) attempt->call.headers.Set("x-api-key", options_.api_key);
  attempt->done = std::move(done);
  attempt->give_up_at = clock_.Now() + options_.give_up_after;
  Try(attempt);
}

void ObolusLink::PostOnce(ObolusCall call, OnAnswer done) {
  auto attempt = std::make_shared<Attempt>();
  attempt->call = std::move(call);
  if (!options_.api_key.empty()) attempt->call.headers.Set("x-api-key", options_.api_key);
  attempt->done = std::move(done);
  attempt->once = true;
  Try(attempt);
}

void ObolusLink::Try(const std::shared_ptr<Attempt>& attempt) {
  std::lock_guard lock(mutex_);
  if (stopped_) return;
  ++attempt->number;
  attempt->sent_at = clock_.Now();
  net::ClientRequest request{"POST", options_.commerce_url + attempt->call.path,
                             attempt->call.headers, attempt->call.body};
  client_.Send(std::move(request), [this, attempt](base::Result<net::HttpResponse> answer) mutable {
    Finished(attempt, std::move(answer));
  });
}

void ObolusLink::Finished(const std::shared_ptr<Attempt>& attempt,
                          base::Result<net::HttpResponse> answer) {
  Record(*attempt, answer);
  const int status = answer ? answer->status : 0;
  const bool late = attempt->once || clock_.Now() >= attempt->give_up_at;
  if (!WorthAnotherTry(status) || late) {
    attempt->done(std::move(answer));
    return;
  }
  auto delay = std::max(RetryDelay(attempt->number), RetryAfter(answer));
  scheduler_.After(delay, [this, attempt] { Try(attempt); });
}

void ObolusLink::Record(const Attempt& attempt, const base::Result<net::HttpResponse>& answer) {
  JournalEntry entry;
  entry.payment_id = attempt.call.payment_id;
  entry.from = "commerce";
  entry.to = "obolus";
  entry.kind = attempt.call.kind;
  entry.title = attempt.call.title;
  entry.headers = attempt.call.headers;
  entry.body = attempt.call.body;
  entry.duration_ms = (clock_.Now() - attempt.sent_at).count();
  if (answer) {
    entry.status = answer->status;
    entry.answer_headers = answer->headers;
    entry.answer_body = answer->body;
  } else {
    entry.verdict = answer.error().message;
  }
  if (attempt.number > 1) {
    if (!entry.verdict.empty()) entry.verdict += ", ";
    entry.verdict += "attempt " + std::to_string(attempt.number);
  }
  journal_.Add(std::move(entry));
}

void ObolusLink::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
}

}  // namespace obolus::sandbox
