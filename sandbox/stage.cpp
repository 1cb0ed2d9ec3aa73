#include "sandbox/stage.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/encoding.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

constexpr std::size_t kPrefixBytes = 4;  // "pay_", "tds_"
constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{500};

std::string LastSegment(const std::string& url) {
  return url.substr(url.rfind('/') + 1);
}

std::string NameOf(const Checkout& checkout, std::string_view name) {
  if (name == "payment_id") return checkout.payment_id;
  if (name == "terminal_id") return checkout.terminal_id;
  if (name == "session_key") return checkout.session_key;
  if (name == "session_id") return SessionIdOf(checkout.session_key);
  if (name == "tds_terminal_id") return checkout.tds_terminal_id;
  if (name == "redirect_url") return checkout.redirect_url;
  if (name == "challenge_key") return LastSegment(checkout.redirect_url);
  if (name == "tds_session_id") return SessionIdOf(LastSegment(checkout.redirect_url));
  return "";
}

}  // namespace

std::string SessionIdOf(const std::string& key) {
  if (key.size() <= kPrefixBytes) return "";
  const auto bytes = base::DecodeBase64Url(key.substr(kPrefixBytes));
  base::Uuid id;
  if (!bytes || bytes->size() < 1 + id.bytes.size()) return "";
  std::copy_n(bytes->begin() + 1, id.bytes.size(), id.bytes.begin());
  return base::ToString(id);
}

base::Result<std::string> Stage::Expand(const std::string& text) const {
  if (!text.starts_with('$')) return text;
  if (text == "$shop") return client_.shop_url();
  std::string name = text.substr(1);
  std::string whose = current_;
  if (const auto dot = name.find('.'); dot != std::string::npos) {
    whose = name.substr(0, dot);
    name = name.substr(dot + 1);
  }
  const auto found = checkouts_.find(whose);
  std::string value = found == checkouts_.end() ? "" : NameOf(found->second, name);
  if (!value.empty()) return value;
  return base::Invalid("", text + " is not known here");
}

base::Result<json::object> Stage::Members(const ScenarioLine& line) const {
  return ReadMembers(line.members, [this](const std::string& text) { return Expand(text); });
}

void Stage::Answered(int status, json::value body) {
  answer_ = {status, std::move(body), true};
}

base::Status Stage::AskObolus(const std::string& path, json::value body) {
  json::object request{{"path", path}};
  if (!body.is_null()) request["body"] = std::move(body);
  auto answer = client_.Post("/control/request", request);
  if (!answer) return std::unexpected(answer.error());
  Answered(static_cast<int>(answer->at("status").as_int64()), answer->at("body"));
  return {};
}

base::Status Stage::SendEvent(json::object event) {
  if (!event.contains("id")) event["id"] = NewId();
  last_event_ = event;
  if (batch_) {
    json::object envelope{{"specversion", "1.0"},
                          {"id", event["id"]},
                          {"type", event["type"]},
                          {"source", "urn:obolus-sandbox:commerce"},
                          {"datacontenttype", "application/json"},
                          {"data", event["data"]}};
    if (event.contains("subject")) envelope["subject"] = event["subject"];
    batch_->push_back(std::move(envelope));
    return {};
  }
  return SendAgain();
}

base::Status Stage::SendAgain() {
  if (last_event_.empty()) return base::Invalid("", "no event was sent yet");
  auto answer = client_.Post("/control/event", last_event_);
  if (!answer) return std::unexpected(answer.error());
  const std::string text(answer->at("body").as_string());
  auto body = base::ParseJson(text);
  Answered(static_cast<int>(answer->at("status").as_int64()),
           body ? std::move(*body) : json::value(text));
  return {};
}

base::Status Stage::SendBatch() {
  if (!batch_ || batch_->empty()) return base::Invalid("", "no event is in the batch");
  json::object request{
      {"path", "/events"},
      {"headers", json::object{{"content-type", "application/cloudevents-batch+json"}}},
      {"body", std::move(*batch_)}};
  batch_.reset();
  auto answer = client_.Post("/control/request", request);
  if (!answer) return std::unexpected(answer.error());
  Answered(static_cast<int>(answer->at("status").as_int64()), answer->at("body"));
  return {};
}

base::Result<net::HttpResponse> Stage::Browse(const std::string& method, const std::string& url,
                                              const std::string& content_type, std::string body) {
  net::ClientRequest request{.method = method, .url = url, .headers = {{"accept", "*/*"}}};
  if (!content_type.empty()) request.headers.Add("content-type", content_type);
  request.body = std::move(body);
  auto answer = client_.Browse(std::move(request));
  if (!answer) return answer;
  auto parsed = base::ParseJson(answer->body);
  Answered(answer->status, parsed ? std::move(*parsed) : json::value(answer->body));
  return answer;
}

base::Result<json::value> Stage::ClientState(const std::string& key) const {
  auto answer =
      client_.Browse({.method = "GET", .url = client_.shopper_url() + "/sessions/" + key});
  if (!answer) return std::unexpected(answer.error());
  if (answer->status == 404) return base::Fail(base::ErrorCode::kNotFound, "404");
  if (answer->status != 200) {
    return base::Invalid("", "the shopper was answered " + std::to_string(answer->status));
  }
  return base::ParseJson(answer->body);
}

base::Status Stage::FindChallenge() {
  Checkout& now = checkout();
  if (!now.redirect_url.empty()) return {};
  auto found = Until(10, [&]() -> base::Result<std::optional<std::string>> {
    auto state = ClientState(now.session_key);
    if (!state) return "the shopper sees nothing: " + state.error().message;
    auto url = base::FindString(*state, "/data/redirect_url");
    if (!url) return "the shopper is not sent to a challenge: " + base::ToText(*state);
    now.redirect_url = *url;
    return std::nullopt;
  });
  if (!found) return found;
  auto session = Inspect(ChallengeKey());
  if (!session) return std::unexpected(session.error());
  now.tds_terminal_id = base::FindString(*session, "/terminal_id").value_or("");
  return {};
}

std::string Stage::ChallengeKey() {
  return LastSegment(checkout().redirect_url);
}

base::Result<json::value> Stage::Inspect(const std::string& key) const {
  const std::string id = SessionIdOf(key);
  if (id.empty()) return base::Invalid("", "this session has not been opened");
  return client_.AskOperator("GET", "/sessions/" + id);
}

std::vector<std::string> Stage::SessionIds() const {
  std::vector<std::string> ids;
  for (const auto& [name, checkout] : checkouts_) {
    for (const std::string& key : {checkout.session_key, LastSegment(checkout.redirect_url)}) {
      if (auto id = SessionIdOf(key); !id.empty()) ids.push_back(id);
    }
  }
  return ids;
}

std::vector<std::string> Stage::Terminals() const {
  std::vector<std::string> ids;
  for (const auto& [name, checkout] : checkouts_) {
    ids.push_back(checkout.terminal_id);
    ids.push_back(checkout.tds_terminal_id);
  }
  std::erase(ids, "");
  return ids;
}

base::Status Stage::Until(int within_s, const Look& look) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(within_s);
  auto pause = kFirstPause;
  while (true) {
    auto seen = look();
    if (!seen) return std::unexpected(seen.error());
    if (!*seen) return {};
    if (std::chrono::steady_clock::now() >= until) {
      return base::Invalid("", **seen + " (after " + std::to_string(within_s) + " s)");
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

}  // namespace obolus::sandbox
