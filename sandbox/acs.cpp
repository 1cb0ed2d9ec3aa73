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

// Forms go to the notification URL, which answers with redirects of its own; nothing else is open.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none'; "
    "form-action http: https:; frame-ancestors http: https:";

bool IsSessionData(std::string_view text) {
  return text.size() <= kMaxSessionData && std::ranges::all_of(text, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '=';
         });
}

net::HttpResponse ErrorPage(int status, const std::string& reason) {
  const Asset* asset = FindAsset("acs-error.html");
  std::string page(asset->content);
  Fill(page, "reason", base::EscapeHtml(reason));
  return HtmlAnswer(status, std::move(page), kPolicy);
}

std::string LastFour(const AcsRecord& record) {
  return record.acs_trans_id.substr(record.acs_trans_id.size() - 4);
}

}  // namespace

base::Result<AcsScript> ReadAcsScript(const json::object& body) {
  std::vector<base::FieldError> faults;
  base::JsonReader reader(body, "", &faults);
  AcsScript script;
  std::string challenge = reader.String("challenge", 16).value_or("");
  script.decision = ParseAcsDecision(challenge);
  if (!script.decision && challenge != "manual") {
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
  int tries = 0;
};

void Acs::AddRoutes(Routes& routes) {
  routes.Add("GET", "/acs/challenge", [this](RouteCall call) { Challenge(std::move(call)); });
  routes.Add("POST", "/acs/challenge", [this](RouteCall call) { Challenge(std::move(call)); });
  routes.Add("POST", "/acs/decide", [this](RouteCall call) { Decide(std::move(call)); });
}

void Acs::Play(AcsScript script) {
  std::lock_guard lock(mutex_);
  script_ = script;
}

AcsScript Acs::script() const {
  std::lock_guard lock(mutex_);
  return script_;
}

void Acs::Challenge(RouteCall call) {
  const bool post = call.request.method == "POST";
  const std::string& fields = post ? call.request.body : call.request.query;
  std::string creq = FormField(fields, "creq");
  std::string session_data = FormField(fields, "threeDSSessionData");
  auto record = ReadCReq(creq, processor_);
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
    call.responder.Send(PostBack(*record, *script.decision, session_data));
    return;
  }
  std::string page(FindAsset("acs.html")->content);
  Fill(page, "acs_trans_id", base::EscapeHtml(record->acs_trans_id));
  Fill(page, "session_data", base::EscapeHtml(session_data));
  Fill(page, "merchant", base::EscapeHtml(record->merchant));
  Fill(page, "amount", base::EscapeHtml(record->amount));
  Fill(page, "reference", base::EscapeHtml(LastFour(*record)));
  call.responder.Send(HtmlAnswer(200, std::move(page), kPolicy));
}

void Acs::Decide(RouteCall call) {
  const std::string& form = call.request.body;
  auto record = processor_.FindRecord(FormField(form, "acs_trans_id"));
  auto decision = ParseAcsDecision(FormField(form, "choice"));
  std::string session_data = FormField(form, "threeDSSessionData");
  if (!record || !decision || !IsSessionData(session_data)) {
    call.responder.Send(ErrorPage(400, "This is not an open challenge."));
    return;
  }
  call.responder.Send(PostBack(*record, *decision, session_data));
}

net::HttpResponse Acs::PostBack(const AcsRecord& record, AcsDecision decision,
                                const std::string& session_data) {
  const bool first = processor_.Decide(record.acs_trans_id, decision);
  if (!first && record.decision) decision = *record.decision;  // the first choice stands
  std::string cres = MakeCRes(record, decision);
  Note(record, "CRes", cres, decision == AcsDecision::kPass ? "pass" : "no pass");
  std::string page(FindAsset("acs-return.html")->content);
  Fill(page, "notification_url", base::EscapeHtml(record.notification_url));
  Fill(page, "cres", base::EscapeHtml(cres));
  Fill(page, "session_data", base::EscapeHtml(session_data));
  return HtmlAnswer(200, std::move(page), kPolicy);
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
  journal_.Add(std::move(entry));
}

void Acs::ChallengeOpened(const AcsRecord& record, const std::string& redirect_url) {
  auto script = this->script();
  if (!script.without_browser || !script.decision) return;
  auto visit = std::make_shared<Visit>();
  visit->record = record;
  visit->decision = *script.decision;
  visit->request.method = "GET";
  visit->request.url = redirect_url;
  Browse(visit);
}

void Acs::Browse(const std::shared_ptr<Visit>& visit) {
  std::lock_guard lock(mutex_);
  if (stopped_ || ++visit->tries > kMaxBrowserTries) return;
  browser_.Send(visit->request, [this, visit](base::Result<net::HttpResponse> answer) {
    if (WorthAnotherTry(answer ? answer->status : 0)) {
      scheduler_.After(RetryDelay(visit->tries), [this, visit] { Browse(visit); });
      return;
    }
    if (visit->posting) return;
    visit->posting = true;
    visit->tries = 0;
    processor_.Decide(visit->record.acs_trans_id, visit->decision);
    visit->request.method = "POST";
    visit->request.url = visit->record.notification_url;
    visit->request.headers = {{"content-type", "application/x-www-form-urlencoded"}};
    visit->request.body = "cres=" + FormEncode(MakeCRes(visit->record, visit->decision));
    Browse(visit);
  });
}

void Acs::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
}

}  // namespace obolus::sandbox
