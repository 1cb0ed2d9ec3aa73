// Steps of Commerce, its bridge and the clock: what Obolus is asked and told. With a payment of the
// sandbox's own Commerce its flow goes on by itself; with sessions that the scenario opens the
// scenario says every word, also those that a Commerce should not say.
#include <array>
#include <chrono>
#include <thread>

#include "sandbox/scenario_steps.h"
#include "sandbox/stage.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

// Where the scenario itself plays the bank: nobody answers there, and nobody asks.
constexpr std::string_view kBankUrl = "https://bank.example/challenge";
constexpr std::string_view kCReq = "eyJtZXNzYWdlVHlwZSI6IkNSZXEifQ";

std::string TextAt(const json::value& value, std::string_view pointer) {
  return base::FindString(value, pointer).value_or("");
}

void Merge(json::object& into, const json::object& members) {
  for (const auto& member : members) {
    auto* inner = into.if_contains(member.key());
    if (inner && inner->is_object() && member.value().is_object()) {
      Merge(inner->as_object(), member.value().as_object());
    } else {
      into[member.key()] = member.value();
    }
  }
}

base::Status Needs(const std::string& id, std::string_view what) {
  if (!id.empty()) return {};
  return base::Invalid("", "there is no " + std::string(what) + " yet");
}

base::Status Meanwhile(Stage& stage, const ScenarioLine& line) {
  stage.Meanwhile(line.arguments[0]);
  return {};
}

base::Status CreatePayment(Stage& stage, const ScenarioLine& line) {
  auto members = stage.Members(line);
  if (!members) return std::unexpected(members.error());
  Checkout& now = stage.checkout();
  now.success_url = stage.client().shop_url() + "/shop/paid";
  now.error_url = stage.client().shop_url() + "/shop/failed";
  json::object order{
      {"amount", 4900},
      {"currency_code", "EUR"},
      {"continuation", json::object{{"success", now.success_url}, {"error", now.error_url}}}};
  Merge(order, *members);
  auto payment = stage.client().Post("/control/payments", order);
  if (!payment) return std::unexpected(payment.error());
  now.payment_id = TextAt(*payment, "/id");
  now.terminal_id = TextAt(*payment, "/terminal_id");
  now.session_key = TextAt(*payment, "/processing/requirement/options/0/session_key");
  if (!now.session_key.empty()) return {};
  return base::Invalid("", "Commerce got no session key: " + base::ToText(*payment));
}

json::object Continuation(Checkout& now) {
  now.success_url = "https://shop.example/paid";
  now.error_url = "https://shop.example/failed";
  return {{"success", now.success_url}, {"error", now.error_url}};
}

// For what is said of a session before it opens.
base::Status NameSession(Stage& stage, const ScenarioLine& line) {
  const bool tds = line.arguments[0] == "3ds";
  (tds ? stage.checkout().tds_terminal_id : stage.checkout().terminal_id) = stage.NewId();
  return {};
}

base::Status OpenPayment(Stage& stage, const ScenarioLine& line) {
  auto members = stage.Members(line);
  if (!members) return std::unexpected(members.error());
  Checkout& now = stage.checkout();
  if (now.terminal_id.empty()) now.terminal_id = stage.NewId();
  json::object body{
      {"type", "payment"}, {"terminal_id", now.terminal_id}, {"continuation", Continuation(now)}};
  Merge(body, *members);
  if (auto asked = stage.AskObolus("/sessions", body); !asked) return asked;
  now.session_key = TextAt(stage.answer().body, "/session_key");
  return {};
}

base::Status OpenTds(Stage& stage, const ScenarioLine& line, bool with_challenge) {
  auto members = stage.Members(line);
  if (!members) return std::unexpected(members.error());
  Checkout& now = stage.checkout();
  if (now.tds_terminal_id.empty()) now.tds_terminal_id = stage.NewId();
  json::object body{{"type", "3ds"},
                    {"tds_terminal_id", now.tds_terminal_id},
                    {"continuation", Continuation(now)}};
  if (!now.terminal_id.empty()) body["terminal_id"] = now.terminal_id;
  if (with_challenge) body["challenge"] = json::object{{"acs_url", kBankUrl}, {"creq", kCReq}};
  if (const auto* own = members->if_contains("challenge")) {
    body["challenge"] = *own;
    members->erase("challenge");
  }
  Merge(body, *members);
  if (auto asked = stage.AskObolus("/sessions", body); !asked) return asked;
  now.redirect_url = TextAt(stage.answer().body, "/redirect_url");
  return {};
}

base::Status OpenTdsWith(Stage& stage, const ScenarioLine& line) {
  return OpenTds(stage, line, true);
}

base::Status OpenTdsWithout(Stage& stage, const ScenarioLine& line) {
  return OpenTds(stage, line, false);
}

base::Status ProvideChallenge(Stage& stage, const ScenarioLine& line) {
  auto members = stage.Members(line);
  if (!members) return std::unexpected(members.error());
  if (auto there = Needs(stage.checkout().tds_terminal_id, "3ds session"); !there) return there;
  json::object challenge{{"acs_url", kBankUrl}, {"creq", kCReq}};
  if (!members->empty()) challenge = *members;
  return stage.AskObolus("/tds/session/" + stage.checkout().tds_terminal_id + "/challenge",
                         challenge);
}

// "the payment session" is spoken of by its terminal, "the 3ds session" by its own.
base::Result<json::object> EventAbout(Stage& stage, const std::string& kind, std::string_view type,
                                      json::object data) {
  Checkout& now = stage.checkout();
  if (kind == "3ds" && now.tds_terminal_id.empty() && !now.session_key.empty()) {
    if (auto found = stage.FindChallenge(); !found) return std::unexpected(found.error());
  }
  const std::string& id = kind == "3ds" ? now.tds_terminal_id : now.terminal_id;
  if (auto there = Needs(id, kind + " session"); !there) return std::unexpected(there.error());
  data[kind == "3ds" ? "tds_terminal_id" : "terminal_id"] = id;
  return json::object{{"type", type}, {"subject", id}, {"data", std::move(data)}};
}

// Attributes are written ce-id=..., ce-mode=...; other members belong to the data.
base::Status Send(Stage& stage, const ScenarioLine& line, base::Result<json::object> event) {
  if (!event) return std::unexpected(event.error());
  auto members = stage.Members(line);
  if (!members) return std::unexpected(members.error());
  for (const auto& member : *members) {
    if (member.key().starts_with("ce-")) {
      (*event)[member.key().substr(3)] = member.value();
    } else {
      (*event)["data"].as_object()[member.key()] = member.value();
    }
  }
  return stage.SendEvent(std::move(*event));
}

base::Status Complete(Stage& stage, const ScenarioLine& line) {
  return Send(
      stage, line,
      EventAbout(stage, "3ds", "CompleteTDSSession", json::object{{"result", line.arguments[0]}}));
}

base::Status VoidSession(Stage& stage, const ScenarioLine& line) {
  return Send(stage, line, EventAbout(stage, line.arguments[0], "SessionVoided", {}));
}

base::Status SayState(Stage& stage, const ScenarioLine& line) {
  return Send(stage, line,
              EventAbout(stage, line.arguments[1], "StateChanged",
                         json::object{{"state", line.arguments[0]}}));
}

base::Status SendAny(Stage& stage, const ScenarioLine& line) {
  return Send(stage, line, json::object{{"type", line.arguments[0]}, {"data", json::object()}});
}

base::Status VoidPayment(Stage& stage, const ScenarioLine&) {
  auto voided = stage.client().Post("/control/void", {{"payment_id", stage.checkout().payment_id}});
  return voided ? base::Status() : std::unexpected(voided.error());
}

base::Status Bridge(Stage& stage, const ScenarioLine& line) {
  const auto number = [](const std::string& text) {
    return static_cast<std::int64_t>(std::strtol(text.c_str(), nullptr, 10));
  };
  Checkout& now = stage.checkout();
  for (const std::string& id : {now.terminal_id, now.tds_terminal_id}) {
    if (id.empty()) continue;
    auto played = stage.client().Post("/control/bridge", {{"answer", number(line.arguments[0])},
                                                          {"times", number(line.arguments[1])},
                                                          {"about", id}});
    if (!played) return std::unexpected(played.error());
  }
  return {};
}

base::Status Vault(Stage& stage, const ScenarioLine& line) {
  auto script = stage.Members(line);
  if (!script) return std::unexpected(script.error());
  (*script)["answer"] = line.arguments[0];
  auto played = stage.client().Post("/control/guardian", *script);
  return played ? base::Status() : std::unexpected(played.error());
}

base::Status Wait(Stage&, const ScenarioLine& line) {
  const double seconds = std::strtod(line.arguments[0].c_str(), nullptr);
  if (seconds <= 0) return base::Invalid("", "how many seconds?");
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  return {};
}

constexpr auto kSteps = std::to_array<Step>({
    {"meanwhile <name>", false,
     "The next steps are about another payment of that name; `first` is where every scenario "
     "begins.",
     Meanwhile},
    {"commerce creates a payment", true,
     "The sandbox's Commerce runs a payment by its flow: `metadata.flow=sale`.", CreatePayment},
    {"commerce opens a payment session", true,
     "POST /sessions by hand; the scenario is Commerce from then on.", OpenPayment},
    {"commerce names a <kind> session", false,
     "Gives a `payment` or `3ds` session its terminal id; it opens later, if at all.", NameSession},
    {"commerce opens a 3ds session", true, "The same with a challenge at a bank.", OpenTdsWith},
    {"commerce opens a 3ds session without a challenge", true, "It may follow later.",
     OpenTdsWithout},
    {"commerce provides the challenge", true,
     "POST /tds/session/{id}/challenge; members are the challenge.", ProvideChallenge},
    {"commerce completes the challenge with <result>", true,
     "CompleteTDSSession; `ce-mode=structured`, `ce-mode=batched`, `ce-id=...` go for all events.",
     Complete},
    {"commerce voids the payment", false, "The sandbox's Commerce voids its payment.", VoidPayment},
    {"commerce voids the <kind> session", true, "SessionVoided of a `payment` or `3ds` session.",
     VoidSession},
    {"commerce says <state> of the <kind> session", true, "StateChanged.", SayState},
    {"commerce sends <type>", true, "Any event; the members are its data.", SendAny},
    {"commerce sends the same event again", false, "Same id, same bytes.",
     [](Stage& stage, const ScenarioLine&) { return stage.SendAgain(); }},
    {"commerce begins a batch", false, "The events that follow wait for the batch.",
     [](Stage& stage, const ScenarioLine&) {
       stage.BeginBatch();
       return base::Status();
     }},
    {"commerce sends the batch", false, "All of them in one request.",
     [](Stage& stage, const ScenarioLine&) { return stage.SendBatch(); }},
    {"bridge answers <status> <n> times", false,
     "To the next deliveries about these sessions; then as usual.", Bridge},
    {"vault answers <how>", true,
     "To cards from now on: accept, refuse, slow, silent, unavailable; `times=1`, `delay_ms=2000`. "
     "Needs `vault guardian`, and is the same for all scenarios.",
     Vault},
    {"wait <n> s", false, "Nothing happens for so long.", Wait},
});

}  // namespace

std::span<const Step> CommerceSteps() {
  return kSteps;
}

}  // namespace obolus::sandbox
