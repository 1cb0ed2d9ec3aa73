// Commerce's line to Obolus: POSTs over mTLS with the API key, tried again while Obolus cannot be
// reached or asks for patience (connection errors, time-outs, 409 "still running", 429, 5xx), with
// the same bytes and the same idempotency key, for a bounded time. Every attempt goes to the
// journal. Answers come on the client's or an engine's thread. Used by Commerce and OutboundEvents.
// `Stop` before the client or the engine goes.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "net/http_client.h"
#include "sandbox/journal.h"

namespace obolus::sandbox {

struct ObolusCall {
  std::string payment_id;  // for the journal
  std::string kind;        // "request" or "event"
  std::string title;       // "POST /sessions", "StateChanged"
  std::string path;        // "/sessions"
  net::Headers headers;    // x-api-key is added
  std::string body;
};

struct ObolusLinkOptions {
  std::string commerce_url;  // without a slash at its end
  std::string api_key;       // empty: none is sent
  base::Millis give_up_after{60'000};
};

// Doubling from 50 ms up to 1 s; `attempt` counts from 1.
base::Millis RetryDelay(int attempt);

// True when the same request may succeed later: no answer (status 0), 409, 425, 429, 5xx but 501.
bool WorthAnotherTry(int status);

// The string at that pointer of a 2xx answer, or why there is none: the answer's own error;
// kInternal, another status; kMalformed, no such string.
base::Result<std::string> TextIn(const base::Result<net::HttpResponse>& answer,
                                 std::string_view pointer);

class ObolusLink {
 public:
  using OnAnswer = std::move_only_function<void(base::Result<net::HttpResponse>)>;

  ObolusLink(ObolusLinkOptions options, net::HttpClient& client, base::Scheduler& scheduler,
             const base::Clock& clock, Journal& journal);

  // The last answer, or the last error when none came in time.
  void Post(ObolusCall call, OnAnswer done);
  // One attempt only, whatever it answers.
  void PostOnce(ObolusCall call, OnAnswer done);

  // Nothing is sent afterwards; calls that wait for another try are dropped.
  void Stop();

 private:
  struct Attempt;
  void Try(const std::shared_ptr<Attempt>& attempt);
  void Finished(const std::shared_ptr<Attempt>& attempt, base::Result<net::HttpResponse> answer);
  void Record(const Attempt& attempt, const base::Result<net::HttpResponse>& answer);

  const ObolusLinkOptions options_;
  net::HttpClient& client_;
  base::Scheduler& scheduler_;
  const base::Clock& clock_;
  Journal& journal_;
  std::mutex mutex_;  // stopped_, and that nothing is sent after it is set
  bool stopped_ = false;
};

}  // namespace obolus::sandbox
