// Steps of the shopper and the bank: the client protocol with a card encrypted as the frame does
// it, the challenge page, the bank's page, and every way back from there.
#include <array>
#include <chrono>

#include "base/encoding.h"
#include "base/jwe_encrypter.h"
#include "sandbox/routes.h"
#include "sandbox/scenario_steps.h"
#include "sandbox/stage.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

constexpr const char* kForm = "application/x-www-form-urlencoded";
constexpr const char* kJson = "application/json";

int YearOfValidCards() {
  const auto today = std::chrono::floor<std::chrono::days>(base::SystemClock().Now());
  return static_cast<int>(std::chrono::year_month_day(today).year()) + 3;
}

json::object CardEntry(const std::string& number, const json::object& members) {
  const bool long_code = number.starts_with("34") || number.starts_with("37");
  json::object entry{{"account_number", number},
                     {"security_code", long_code ? "1234" : "123"},
                     {"expiry_month", 12},
                     {"expiry_year", YearOfValidCards()},
                     {"additional_data", json::object{{"cardholder_name", "Ada Lovelace"}}}};
  for (const auto& member : members) entry[member.key()] = member.value();
  return entry;
}

base::Result<net::ClientRequest> EntryRequest(Stage& stage, const ScenarioLine& line) {
  auto members = stage.Members(line);
  if (!members) return std::unexpected(members.error());
  const std::string& key = stage.checkout().session_key;
  auto state = stage.ClientState(key);
  if (!state) return std::unexpected(state.error());
  const auto* jwk = base::FindPointer(*state, "/data/jwk_ec");
  if (!jwk)
    return base::Invalid("", "the shopper is not asked for a card: " + base::ToText(*state));
  auto token =
      base::EncryptJwe(jwk->as_object(), base::ToText(CardEntry(line.arguments[0], *members)));
  if (!token) return std::unexpected(token.error());
  json::object body{{"action", "tokenize_card"}, {"result", json::object{{"enc_payload", *token}}}};
  return net::ClientRequest{
      .method = "POST",
      .url = stage.client().shopper_url() + "/sessions/" + key + "/complete-action",
      .headers = {{"content-type", kJson}},
      .body = base::ToText(body)};
}

base::Status EnterCard(Stage& stage, const ScenarioLine& line) {
  auto request = EntryRequest(stage, line);
  if (!request) return std::unexpected(request.error());
  auto answer = stage.Browse(request->method, request->url, kJson, request->body);
  return answer ? base::Status() : std::unexpected(answer.error());
}

base::Status EnterCardAndGoOn(Stage& stage, const ScenarioLine& line) {
  auto request = EntryRequest(stage, line);
  if (!request) return std::unexpected(request.error());
  stage.pending() = std::async(std::launch::async, [&client = stage.client(), request = *request] {
    auto answer = client.Browse(request);
    if (!answer) return base::Result<Answer>(std::unexpected(answer.error()));
    auto body = base::ParseJson(answer->body);
    return base::Result<Answer>(
        Answer{answer->status, body ? std::move(*body) : json::value(answer->body)});
  });
  return {};
}

base::Status Cancel(Stage& stage, const ScenarioLine& line) {
  const bool tds = line.arguments[0] == "challenge";
  const std::string key = tds ? stage.ChallengeKey() : stage.checkout().session_key;
  auto answer = stage.Browse("POST", stage.client().shopper_url() + "/sessions/" + key + "/cancel",
                             kJson, "{}");
  return answer ? base::Status() : std::unexpected(answer.error());
}

base::Status OpenChallenge(Stage& stage, const ScenarioLine&) {
  if (auto found = stage.FindChallenge(); !found) return found;
  Checkout& now = stage.checkout();
  auto page = stage.Browse("GET", now.redirect_url, "", "");
  if (!page) return std::unexpected(page.error());
  if (auto form = ReadForm(page->body, now.redirect_url)) now.bank_form = std::move(*form);
  return {};
}

// The bank's page asks; the choice is a button of its form. What it answers is the form that the
// browser posts back to us.
base::Status ChooseAtBank(Stage& stage, const ScenarioLine& line) {
  HtmlForm& form = stage.checkout().bank_form;
  if (form.action.empty()) return base::Invalid("", "the shopper is not at the bank");
  auto page = stage.Browse("POST", form.action, kForm, form.Encoded());
  if (!page) return std::unexpected(page.error());
  auto question = ReadForm(page->body, form.action);
  if (!question) {
    return base::Invalid(
        "", "the bank answered " + std::to_string(page->status) + ": " + question.error().message);
  }
  question->fields.emplace_back("choice", line.arguments[0]);
  page = stage.Browse("POST", question->action, kForm, question->Encoded());
  if (!page) return std::unexpected(page.error());
  auto back = ReadForm(page->body, question->action);
  if (!back) return base::Invalid("", "the bank sends nothing back: " + back.error().message);
  form = std::move(*back);
  return {};
}

base::Status ChooseAndComeBack(Stage& stage, const ScenarioLine& line) {
  if (auto chosen = ChooseAtBank(stage, line); !chosen) return chosen;
  const HtmlForm& form = stage.checkout().bank_form;
  auto answer = stage.Browse("POST", form.action, kForm, form.Encoded());
  return answer ? base::Status() : std::unexpected(answer.error());
}

// Members become fields; those of an object (cres.transStatus=Y) its JSON in base64url.
base::Result<std::string> Fields(Stage& stage, const ScenarioLine& line) {
  auto members = stage.Members(line);
  if (!members) return std::unexpected(members.error());
  HtmlForm form;
  for (const auto& member : *members) {
    const auto& value = member.value();
    std::string text = value.is_string() ? std::string(value.as_string()) : base::ToText(value);
    if (value.is_object()) text = base::EncodeBase64Url(base::AsBytes(text));
    form.fields.emplace_back(member.key(), std::move(text));
  }
  return form.Encoded();
}

base::Status ComeBackTo(Stage& stage, const ScenarioLine& line, const std::string& address) {
  auto fields = Fields(stage, line);
  if (!fields) return std::unexpected(fields.error());
  const bool post = line.arguments[0] == "POST";
  auto answer =
      post ? stage.Browse("POST", address, kForm, *fields)
           : stage.Browse("GET", fields->empty() ? address : address + "?" + *fields, "", "");
  return answer ? base::Status() : std::unexpected(answer.error());
}

base::Status ComeBack(Stage& stage, const ScenarioLine& line) {
  if (auto found = stage.FindChallenge(); !found) return found;
  return ComeBackTo(stage, line, stage.checkout().redirect_url + "/return");
}

// The tds_return_url that CardSessionCreated told Commerce.
base::Status ComeBackByCard(Stage& stage, const ScenarioLine& line) {
  std::string address;
  auto found = Stage::Until(10, [&]() -> base::Result<std::optional<std::string>> {
    auto log = stage.client().Get("/control/log?about=" + stage.checkout().terminal_id);
    if (!log) return std::unexpected(log.error());
    for (const auto& entry : log->at("entries").as_array()) {
      if (base::FindString(entry, "/title") != "CardSessionCreated") continue;
      auto body = base::ParseJson(base::FindString(entry, "/body").value_or(""));
      if (body) address = base::FindString(*body, "/card_session/tds_return_url").value_or("");
    }
    if (address.empty()) return "no card session has a return address";
    return std::nullopt;
  });
  return found ? ComeBackTo(stage, line, address) : found;
}

constexpr auto kSteps = std::to_array<Step>({
    {"shopper enters the card <number>", true,
     "As the card frame does, with the key of the session's state; members change the entry: "
     "`expiry_year=2020`.",
     EnterCard},
    {"shopper enters the card <number> and goes on", true,
     "Without waiting for the answer; see `expect the card was answered <status>`.",
     EnterCardAndGoOn},
    {"shopper cancels the <what>", false, "The `payment` or the `challenge`.", Cancel},
    {"shopper opens the challenge", false,
     "Opens /3ds/..., which the client protocol or Commerce named.", OpenChallenge},
    {"shopper chooses <choice> at the bank", false,
     "`pass`, `fail` or `cancel` on the page of the sandbox's bank, and comes back with its CRes.",
     ChooseAndComeBack},
    {"shopper chooses <choice> at the bank and closes the window", false,
     "The same, and the CRes never comes.", ChooseAtBank},
    {"shopper comes back by <method>", true,
     "GET or POST of /3ds/.../return; members are fields, `cres.transStatus=Y` makes a CRes.",
     ComeBack},
    {"shopper comes back to the card's address by <method>", true,
     "The same at the tds_return_url of the card session.", ComeBackByCard},
});

}  // namespace

std::span<const Step> ShopperSteps() {
  return kSteps;
}

}  // namespace obolus::sandbox
