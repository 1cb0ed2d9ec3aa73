// Where one scenario plays: what it has learnt of its payments and sessions so far, the last
// answer, and the way to everybody in it. A scenario may have several payments at once, each a
// `Checkout` by name; the steps act on the current one. One thread uses it, but for a card entry
// that is not waited for.
#pragma once

#include <functional>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "sandbox/html_form.h"
#include "sandbox/sandbox_client.h"
#include "sandbox/scenario.h"

namespace obolus::sandbox {

struct Checkout {
  std::string payment_id;  // of the sandbox's Commerce; empty: the scenario speaks for Commerce
  std::string terminal_id;
  std::string session_key;
  std::string tds_terminal_id;
  std::string redirect_url;
  HtmlForm bank_form;  // from our start page to the bank, then from the bank back to us
  std::string success_url;
  std::string error_url;
};

struct Answer {
  int status = 0;
  base::json::value body;
  bool unchecked = false;  // no step has looked at it
};

class Stage {
 public:
  explicit Stage(const SandboxClient& client) : client_(client) {}

  const SandboxClient& client() const { return client_; }
  Checkout& checkout() { return checkouts_[current_]; }
  void Meanwhile(const std::string& name) { current_ = name; }
  std::string NewId() { return base::ToString(ids_.NewUuid()); }

  // $terminal_id, $NAME.terminal_id, $shop, ...; other text is itself. kInvalid: not known (yet).
  base::Result<std::string> Expand(const std::string& text) const;
  base::Result<base::json::object> Members(const ScenarioLine& line) const;

  // Any request to Obolus in Commerce's name. The last answer afterwards.
  base::Status AskObolus(const std::string& path, base::json::value body);
  // An event to Obolus: {type, data, subject?, id?, mode?, ...}; into the batch when one is open.
  base::Status SendEvent(base::json::object event);
  base::Status SendAgain();
  void BeginBatch() { batch_.emplace(); }
  base::Status SendBatch();

  // The shopper's browser. The last answer afterwards.
  base::Result<net::HttpResponse> Browse(const std::string& method, const std::string& url,
                                         const std::string& content_type, std::string body);
  // The client protocol's state of a key; kNotFound when it is gone.
  base::Result<base::json::value> ClientState(const std::string& key) const;
  // Learns redirect_url and tds_terminal_id from what the shopper is shown.
  base::Status FindChallenge();

  // Obolus's own view of a session, by its key.
  base::Result<base::json::value> Inspect(const std::string& key) const;
  std::string ChallengeKey();
  // Every session that this scenario opened, by id.
  std::vector<std::string> SessionIds() const;
  std::vector<std::string> Terminals() const;

  // Asks again and again, for so long, until `look` gives nothing; else its last words.
  using Look = std::function<base::Result<std::optional<std::string>>()>;
  static base::Status Until(int within_s, const Look& look);

  void Answered(int status, base::json::value body);
  Answer& answer() { return answer_; }
  std::future<base::Result<Answer>>& pending() { return pending_; }

 private:
  const SandboxClient& client_;
  base::RandomIdSource ids_;
  std::map<std::string, Checkout> checkouts_;
  std::string current_ = "first";
  Answer answer_;
  base::json::object last_event_;
  std::optional<base::json::array> batch_;
  std::future<base::Result<Answer>> pending_;
};

// The session's id in a session key (contract §1.4: the key names its row); "" when it is none.
std::string SessionIdOf(const std::string& key);

}  // namespace obolus::sandbox
