#include "sandbox/acs.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/encoding.h"
#include "base/html.h"
#include "sandbox/obolus_link.h"
#include "sandbox/page.h"
#include "sandbox/problem.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

constexpr std::size_t kMaxSessionData = 1024;  // EMV 3DS 2.3.1, threeDSSessionData
constexpr int kMaxBrowserTries = 40;
constexpr base::Millis kVoidLook{50};
constexpr int kMaxVoidLooks = 100;

// Forms go to the notification URL, which answers with redirects of its own; nothing else is open.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none'; "
    "connect-src http: https:; form-action http: https:; frame-ancestors ";

bool IsSessionData(std::string_view text) {
  return text.size() <= kMaxSessionData && std::ranges::all_of(text, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '=';
         });
}

AcsMove MoveOf(const AcsRecord& record) {
  return record.behaviour ? record.behaviour->move : AcsMove::kAnswer;
}

net::HttpResponse BankPage(int status, std::string page, const AcsRecord& record) {
  const bool framed = MoveOf(record) != AcsMove::kRefuseFraming;
  auto answer = HtmlAnswer(status, std::move(page),
                           std::string(kPolicy) + (framed ? "http: https:" : "'none'"));
  if (!framed) answer.headers.Add("x-frame-options", "DENY");
  return answer;
}

net::HttpResponse ErrorPage(int status, const std::string& reason) {
  std::string page(FindAsset("acs-error.html")->content);
  Fill(page, "reason", base::EscapeHtml(reason));
  return BankPage(status, std::move(page), {});
}

// What both of the bank's pages show.
void FillFacts(std::string& page, const AcsRecord& record, const std::string& session_data) {
  Fill(page, "acs_trans_id", base::EscapeHtml(record.acs_trans_id));
  Fill(page, "session_data", base::EscapeHtml(session_data));
  Fill(page, "merchant", base::EscapeHtml(record.merchant));
  Fill(page, "amount", base::EscapeHtml(record.amount));
  Fill(page, "reference",
       base::EscapeHtml(record.acs_trans_id.substr(record.acs_trans_id.size() - 4)));
}

// The page of a behaviour that does not answer at once: with a button, and by itself after
// `wait`, if there is one. `again`: the address at which a page that busts its frame is to be had.
net::HttpResponse ScenePage(const AcsRecord& record, const std::string& session_data,
                            std::optional<base::Millis> wait, const std::string& again) {
  std::string page(FindAsset("acs-scene.html")->content);
  Fill(page, "story", base::EscapeHtml(record.behaviour->story));
  Fill(page, "wait_ms", wait ? std::to_string(wait->count()) : "");
  Fill(page, "bust", MoveOf(record) == AcsMove::kBustFrame ? base::EscapeHtml(again) : "");
  Fill(page, "hidden", MoveOf(record) == AcsMove::kNeverAnswer ? "hidden" : "");
  FillFacts(page, record, session_data);
  return BankPage(200, std::move(page), record);
}

bool HasScene(AcsMove move) {
  switch (move) {
    case AcsMove::kAsk:
    case AcsMove::kNeverAnswer:
    case AcsMove::kSecondAfterExpiry:
    case AcsMove::kLongAfterExpiry:
    case AcsMove::kBustFrame:
      return true;
    default:
      return false;
  }
}

// The page that posts the CRes, as the behaviour has it done.
net::HttpResponse ReturnPage(const AcsRecord& record, const std::string& cres,
                             const std::string& session_data, base::Millis wait) {
  const auto move = MoveOf(record);
  std::string_view play = "once";
  if (move == AcsMove::kPostTwice) play = "twice";
  if (move == AcsMove::kReturnToTop) play = "press";  // a browser wants to see the shopper's hand
  std::string page(FindAsset("acs-return.html")->content);
  Fill(page, "play", play);
  Fill(page, "wait_ms", std::to_string(wait.count()));
  Fill(page, "target", move == AcsMove::kReturnToTop ? "_top" : "_self");
  Fill(page, "notification_url", base::EscapeHtml(record.notification_url));
  Fill(page, "cres", base::EscapeHtml(cres));
  Fill(page, "session_data", base::EscapeHtml(session_data));
  return BankPage(200, std::move(page), record);
}

}  // namespace

base::Result<AcsScript> ReadAcsScript(const json::object& body) {
  std::vector<base::FieldError> faults;
  base::JsonReader reader(body, "", &faults);
  AcsScript script;
  std::string challenge = reader.String("challenge", 16).value_or("");
  script.decision = ParseAcsDecision(challenge);
  if (auto name = reader.String("behaviour", 64)) {
    script.behaviour = FindAcsBehaviour(*name);
    if (!script.behaviour) reader.Fault("behaviour", "is none of `obolus-sandbox acs --list`");
    if (!challenge.empty()) reader.Fault("challenge", "must not stand beside behaviour");
  } else if (!script.decision && challenge != "manual") {
    reader.Fault("challenge", "must be pass, fail, cancel or manual");
  }
  script.without_browser = reader.Boolean("without_browser").value_or(false);
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  return script;
}

base::Result<AcsRecord> ReadCReq(std::string_view creq, const Processor& processor) {
  auto bytes = base::DecodeBase64Url(creq);
  if (!bytes) return base::Fail(base::ErrorCode::kMalformed, "creq is not base64url");
  auto value = base::ParseJson(base::AsText(*bytes));
  if (!value || !value->is_object()) {
    return base::Fail(base::ErrorCode::kMalformed, "creq is not a JSON object");
  }
  std::vector<base::FieldError> faults;
  base::JsonReader reader(value->as_object(), "", &faults);
  if (reader.String("messageType").value_or("") != "CReq") {
    reader.Fault("messageType", "must be CReq");
  }
  auto version = reader.String("messageVersion").value_or("");
  if (version != "2.1.0" && version != "2.2.0" && version != "2.3.1") {
    reader.Fault("messageVersion", "must be 2.1.0, 2.2.0 or 2.3.1");
  }
  auto window = reader.String("challengeWindowSize").value_or("");
  if (window.size() != 2 || window[0] != '0' || window[1] < '1' || window[1] > '5') {
    reader.Fault("challengeWindowSize", "must be 01 to 05");
  }
  auto record = processor.FindRecord(reader.String("acsTransID").value_or(""));
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  if (!record) return base::Fail(base::ErrorCode::kNotFound, "the bank knows no such challenge");
  if (reader.String("threeDSServerTransID").value_or("") != record->server_trans_id) {
    return base::Invalid("/threeDSServerTransID", "is not this challenge's");
  }
  return *record;
}

struct Acs::Visit {
  AcsRecord record;
  AcsDecision decision = AcsDecision::kPass;
  net::ClientRequest request;
  bool posting = false;  // first the redirect_url is opened, then the CRes is posted
  int posts_left = 1;
  int tries = 0;
};

void Acs::AddRoutes(Routes& routes) {
  routes.Add("GET", "/acs/challenge", [this](RouteCall call) { Challenge(std::move(call)); });
  routes.Add("POST", "/acs/challenge", [this](RouteCall call) { Challenge(std::move(call)); });
  routes.Add("POST", "/acs/decide", [this](RouteCall call) { Decide(std::move(call)); });
}

void Acs::Play(AcsScript script) {
  parts_.processor.Play(script.behaviour);
  std::lock_guard lock(mutex_);
  script_ = script;
}

AcsScript Acs::script() const {
  std::lock_guard lock(mutex_);
  return script_;
}

base::Millis Acs::WaitOf(const AcsRecord& record) const {
  constexpr base::Millis kSecond{1000};
  if (!record.expires_at) return kSecond;
  const auto left = *record.expires_at - parts_.clock.Now();
  switch (MoveOf(record)) {
    case AcsMove::kSecondBeforeExpiry:
      return std::max(left - kSecond, kSecond.zero());
    case AcsMove::kSecondAfterExpiry:
      return std::max(left + kSecond, kSecond.zero());
    case AcsMove::kLongAfterExpiry:
      return std::max(left + 5 * kSecond, kSecond.zero());
    default:
      return kSecond.zero();
  }
}

void Acs::Challenge(RouteCall call) {
  const bool post = call.request.method == "POST";
  const std::string& fields = post ? call.request.body : call.request.query;
  std::string creq = FormField(fields, "creq");
  std::string session_data = FormField(fields, "threeDSSessionData");
  auto record = ReadCReq(creq, parts_.processor);
  if (record && !IsSessionData(session_data)) {
    record = base::Invalid("threeDSSessionData", "must be base64url of at most 1024 characters");
  }
  if (!record) {
    call.responder.Send(ErrorPage(400, record.error().message));
    return;
  }
  Note(*record, call.request.method + " /acs/challenge", fields, "challenge shown");
  auto script = this->script();
  if (script.decision && !record->decision) {
    record->behaviour = nullptr;
    return PostBack(std::move(call.responder), *record, *script.decision, session_data);
  }
  if (record->behaviour && HasScene(MoveOf(*record))) {
    const auto move = MoveOf(*record);
    const bool asks = move == AcsMove::kAsk || move == AcsMove::kNeverAnswer;
    call.responder.Send(ScenePage(
        *record, session_data, asks ? std::nullopt : std::optional(WaitOf(*record)),
        "/acs/challenge?creq=" + creq + "&threeDSSessionData=" + FormEncode(session_data)));
    return;
  }
  if (record->behaviour) {
    return PostBack(std::move(call.responder), *record,
                    record->behaviour->record.value_or(AcsDecision::kFail), session_data);
  }
  std::string page(FindAsset("acs.html")->content);
  FillFacts(page, *record, session_data);
  call.responder.Send(BankPage(200, std::move(page), *record));
}

void Acs::Decide(RouteCall call) {
  const std::string& form = call.request.body;
  auto record = parts_.processor.FindRecord(FormField(form, "acs_trans_id"));
  auto decision = ParseAcsDecision(FormField(form, "choice"));
  if (record && record->behaviour && FormField(form, "choice") == "play") {
    decision = record->behaviour->record;
  }
  std::string session_data = FormField(form, "threeDSSessionData");
  if (!record || !decision || !IsSessionData(session_data)) {
    call.responder.Send(ErrorPage(400, "This is not an open challenge."));
    return;
  }
  PostBack(std::move(call.responder), *record, *decision, session_data);
}

void Acs::PostBack(net::Responder responder, const AcsRecord& record, AcsDecision decision,
                   const std::string& session_data) {
  const bool first = parts_.processor.Decide(record.acs_trans_id, decision);
  if (!first && record.decision) decision = *record.decision;  // the first choice stands
  std::string cres = MakePlayedCRes(record, decision);
  Note(record, "CRes", cres, decision == AcsDecision::kPass ? "pass" : "no pass");
  // Waits on the page itself: from there one request is all that is between now and the return.
  const bool waits = MoveOf(record) == AcsMove::kSecondBeforeExpiry;
  auto page = ReturnPage(record, cres, PlayedSessionData(record, session_data),
                         waits ? WaitOf(record) : base::Millis(0));
  if (MoveOf(record) != AcsMove::kVoidFirst) {
    responder.Send(std::move(page));
    return;
  }
  parts_.commerce.void_payment(record.payment_id);
  AfterVoid(record.payment_id, 0,
            [responder = std::move(responder), page = std::move(page)]() mutable {
              responder.Send(std::move(page));
            });
}

void Acs::AfterVoid(const std::string& payment_id, int tries,
                    std::move_only_function<void()> then) {
  if (tries >= kMaxVoidLooks || parts_.commerce.is_void_known(payment_id)) return then();
  parts_.scheduler.After(kVoidLook, [this, payment_id, tries, then = std::move(then)]() mutable {
    AfterVoid(payment_id, tries + 1, std::move(then));
  });
}

void Acs::Note(const AcsRecord& record, std::string title, std::string body, std::string verdict) {
  JournalEntry entry;
  entry.payment_id = record.payment_id;
  const bool back = title == "CRes";
  entry.kind = "request";
  entry.from = back ? "acs" : "shopper";
  entry.to = back ? "shopper" : "acs";
  entry.title = std::move(title);
  entry.body = std::move(body);
  entry.verdict = std::move(verdict);
  parts_.journal.Add(std::move(entry));
}

void Acs::ChallengeOpened(const AcsRecord& record, const std::string& redirect_url) {
  auto script = this->script();
  if (!script.without_browser || (!script.decision && !record.behaviour)) return;
  auto visit = std::make_shared<Visit>();
  visit->record = record;
  if (script.decision) visit->record.behaviour = nullptr;
  if (MoveOf(visit->record) == AcsMove::kPostTwice) visit->posts_left = 2;
  visit->request.method = "GET";
  visit->request.url = redirect_url;
  if (script.decision) {
    visit->decision = *script.decision;
  } else {
    visit->decision = record.behaviour->record.value_or(AcsDecision::kFail);
  }
  if (MoveOf(visit->record) == AcsMove::kReturnFirst) return BrowseBack(visit);
  Browse(visit);
}

void Acs::Browse(const std::shared_ptr<Visit>& visit) {
  std::lock_guard lock(mutex_);
  if (stopped_ || ++visit->tries > kMaxBrowserTries) return;
  net::ClientRequest request{visit->request.method, visit->request.url, visit->request.headers,
                             visit->request.body};
  parts_.browser.Send(std::move(request), [this, visit](base::Result<net::HttpResponse> answer) {
    if (WorthAnotherTry(answer ? answer->status : 0)) {
      parts_.scheduler.After(RetryDelay(visit->tries), [this, visit] { Browse(visit); });
      return;
    }
    if (visit->posting && --visit->posts_left == 0) return;
    if (MoveOf(visit->record) == AcsMove::kNeverAnswer) return;
    const auto go_back = [this, visit] { BrowseBack(visit); };
    if (visit->posting) return go_back();
    if (MoveOf(visit->record) == AcsMove::kVoidFirst) {
      parts_.commerce.void_payment(visit->record.payment_id);
      return AfterVoid(visit->record.payment_id, 0, go_back);
    }
    parts_.scheduler.After(WaitOf(visit->record), go_back);
  });
}

// The bank decides, unless its behaviour never does, and the CRes is posted.
void Acs::BrowseBack(const std::shared_ptr<Visit>& visit) {
  const auto& record = visit->record;
  if (!record.behaviour || record.behaviour->record) {
    parts_.processor.Decide(record.acs_trans_id, visit->decision);
  }
  visit->posting = true;
  visit->tries = 0;
  visit->request.method = "POST";
  visit->request.url = record.notification_url;
  visit->request.headers = {{"content-type", "application/x-www-form-urlencoded"}};
  visit->request.body = "cres=" + FormEncode(MakePlayedCRes(record, visit->decision));
  Browse(visit);
}

void Acs::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
}

}  // namespace obolus::sandbox
