// Steps that look: at Obolus's own view of a session, at what the shopper is shown, at the events
// that the bridge took, and at the payment as Commerce sees it. Those about something that comes
// by itself wait for it; those about something that must not come wait until Obolus has nothing
// left to send.
#include <array>
#include <set>

#include "sandbox/scenario_steps.h"
#include "sandbox/stage.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;
using Seen = base::Result<std::optional<std::string>>;

std::string TextAt(const json::value& value, std::string_view pointer) {
  return base::FindString(value, pointer).value_or("");
}

std::string KeyOf(Stage& stage, const std::string& kind) {
  return kind == "3ds" ? stage.ChallengeKey() : stage.checkout().session_key;
}

// The first member of `wanted` that `value` has otherwise, in words; "" when all agree.
std::string Difference(const json::object& wanted, const json::value& value,
                       const std::string& prefix = "") {
  for (const auto& member : wanted) {
    const std::string name = prefix + std::string(member.key());
    const auto* is = value.is_object() ? value.as_object().if_contains(member.key()) : nullptr;
    if (member.value().is_object()) {
      auto inner = Difference(member.value().as_object(), is ? *is : json::value(), name + ".");
      if (!inner.empty()) return inner;
    } else if (!is || *is != member.value()) {
      return name + " is " + (is ? base::ToText(*is) : "not there");
    }
  }
  return "";
}

base::Status SessionIs(Stage& stage, const ScenarioLine& line) {
  return Stage::Until(line.within_s, [&]() -> Seen {
    auto session = stage.Inspect(KeyOf(stage, line.arguments[0]));
    if (!session) return std::unexpected(session.error());
    if (TextAt(*session, "/state") == line.arguments[1]) return std::nullopt;
    return "it is " + TextAt(*session, "/state");
  });
}

base::Status SessionHas(Stage& stage, const ScenarioLine& line) {
  auto wanted = stage.Members(line);
  if (!wanted) return std::unexpected(wanted.error());
  return Stage::Until(line.within_s, [&]() -> Seen {
    auto session = stage.Inspect(KeyOf(stage, line.arguments[0]));
    if (!session) return std::unexpected(session.error());
    auto difference = Difference(*wanted, *session);
    if (difference.empty()) return std::nullopt;
    return difference;
  });
}

// An entry of that name with those members, anywhere in it.
base::Status TimelineHas(Stage& stage, const ScenarioLine& line) {
  auto wanted = stage.Members(line);
  if (!wanted) return std::unexpected(wanted.error());
  return Stage::Until(line.within_s, [&]() -> Seen {
    auto session = stage.Inspect(KeyOf(stage, line.arguments[0]));
    if (!session) return std::unexpected(session.error());
    std::string told;
    const auto* timeline = base::FindPointer(*session, "/timeline");
    if (!timeline || !timeline->is_array()) return "the session shows no timeline";
    for (const auto& entry : timeline->as_array()) {
      const std::string what = TextAt(entry, "/what");
      if (what == line.arguments[1] && Difference(*wanted, entry).empty()) return std::nullopt;
      told += " " + what;
    }
    return "it tells:" + told;
  });
}

// "tokenize_card", "wait", "3ds_challenge", "success", "failure", "pending", "gone"; and why.
std::pair<std::string, std::string> Shown(const base::Result<json::value>& state) {
  if (!state) {
    const bool gone = state.error().code == base::ErrorCode::kNotFound;
    return {gone ? "gone" : state.error().message, ""};
  }
  auto action = base::FindString(*state, "/next_action");
  return {action ? *action : TextAt(*state, "/status"), TextAt(*state, "/data/reason_code")};
}

base::Status ShopperSees(Stage& stage, const ScenarioLine& line) {
  return Stage::Until(line.within_s, [&]() -> Seen {
    const auto [shown, why] = Shown(stage.ClientState(KeyOf(stage, line.arguments[0])));
    const bool right =
        shown == line.arguments[1] && (line.arguments.size() < 3 || why == line.arguments[2]);
    if (right) return std::nullopt;
    return "the shopper sees " + shown + (why.empty() ? "" : " because of " + why);
  });
}

base::Status ShopperIsTold(Stage& stage, const ScenarioLine& line) {
  auto wanted = stage.Members(line);
  if (!wanted) return std::unexpected(wanted.error());
  return Stage::Until(line.within_s, [&]() -> Seen {
    auto state = stage.ClientState(KeyOf(stage, line.arguments[0]));
    if (!state) return "the shopper is answered " + state.error().message;
    auto difference = Difference(*wanted, *state);
    if (difference.empty()) return std::nullopt;
    return difference;
  });
}

// Where the page of the challenge leads: "bank", "success", "error", "gone", or "here": it stays.
std::string Lead(const Checkout& now, const net::HttpResponse& page) {
  if (page.status == 404) return "gone";
  const auto* location = page.headers.Find("location");
  if (!location) return ReadForm(page.body, now.redirect_url) ? "bank" : "here";
  if (!now.success_url.empty() && location->starts_with(now.success_url)) return "success";
  if (!now.error_url.empty() && location->starts_with(now.error_url)) return "error";
  return "bank";
}

base::Status PageLeads(Stage& stage, const ScenarioLine& line) {
  return Stage::Until(line.within_s, [&]() -> Seen {
    auto page = stage.client().Browse({.method = "GET", .url = stage.checkout().redirect_url});
    if (!page) return std::unexpected(page.error());
    const std::string lead = Lead(stage.checkout(), *page);
    if (lead == line.arguments[0]) return std::nullopt;
    return "it leads to " + lead + " (" + std::to_string(page->status) + ")";
  });
}

base::Status PageSays(Stage& stage, const ScenarioLine& line) {
  return Stage::Until(line.within_s, [&]() -> Seen {
    auto page = stage.client().Browse({.method = "GET", .url = stage.checkout().redirect_url});
    if (!page) return std::unexpected(page.error());
    if (page->body.contains(line.arguments[0])) return std::nullopt;
    return "the page (" + std::to_string(page->status) + ") does not say so";
  });
}

// The journal's deliveries of a type about this checkout: how many, under how many ids that were
// accepted, and the last body.
struct Deliveries {
  std::int64_t attempts = 0;
  std::set<std::string> accepted;
  json::value body;
};

base::Result<Deliveries> Count(Stage& stage, const std::string& type) {
  Deliveries seen;
  const Checkout& now = stage.checkout();
  for (const std::string& id : {now.terminal_id, now.tds_terminal_id}) {
    if (id.empty()) continue;
    auto log = stage.client().Get("/control/log?limit=5000&about=" + id);
    if (!log) return std::unexpected(log.error());
    for (const auto& entry : log->at("entries").as_array()) {
      if (TextAt(entry, "/from") != "obolus" || TextAt(entry, "/kind") != "event") continue;
      if (!type.empty() && TextAt(entry, "/title") != type) continue;
      ++seen.attempts;
      const std::string verdict = TextAt(entry, "/verdict");
      if (!verdict.starts_with("accepted") && !verdict.starts_with("duplicate")) continue;
      for (const auto& header : entry.at("headers").as_array()) {
        if (TextAt(header, "/name") == "ce-id") seen.accepted.insert(TextAt(header, "/value"));
      }
      if (auto body = base::ParseJson(TextAt(entry, "/body"))) seen.body = std::move(*body);
    }
  }
  return seen;
}

// Until Obolus has no event of this checkout's sessions on its way.
base::Status Settled(Stage& stage, int within_s) {
  const auto ids = stage.SessionIds();
  return Stage::Until(within_s, [&]() -> Seen {
    auto pending = stage.client().AskOperator("GET", "/events?status=pending&limit=1000");
    if (!pending) return std::unexpected(pending.error());
    for (const auto& event : pending->at("events").as_array()) {
      const std::string session = TextAt(event, "/session_id");
      if (std::ranges::find(ids, session) != ids.end()) {
        return TextAt(event, "/type") + " is still on its way";
      }
    }
    return std::nullopt;
  });
}

base::Status EventOnce(Stage& stage, const ScenarioLine& line) {
  auto wanted = stage.Members(line);
  if (!wanted) return std::unexpected(wanted.error());
  auto came = Stage::Until(line.within_s, [&]() -> Seen {
    auto seen = Count(stage, line.arguments[0]);
    if (!seen) return std::unexpected(seen.error());
    if (seen->accepted.size() > 1) {
      return base::Invalid("", "it came " + std::to_string(seen->accepted.size()) + " times");
    }
    if (seen->accepted.empty()) return "it did not come";
    auto difference = Difference(*wanted, seen->body);
    if (!difference.empty()) return base::Invalid("", "its " + difference);
    return std::nullopt;
  });
  if (!came) return came;
  if (auto settled = Settled(stage, line.within_s); !settled) return settled;
  auto seen = Count(stage, line.arguments[0]);
  if (!seen) return std::unexpected(seen.error());
  if (seen->accepted.size() == 1) return {};
  return base::Invalid("", "it came " + std::to_string(seen->accepted.size()) + " times");
}

base::Status NoEvent(Stage& stage, const std::string& type, int within_s) {
  if (auto settled = Settled(stage, within_s); !settled) return settled;
  auto seen = Count(stage, type);
  if (!seen) return std::unexpected(seen.error());
  if (seen->attempts == 0) return {};
  return base::Invalid("", "it came: " + base::ToText(seen->body));
}

base::Status EventDelivered(Stage& stage, const ScenarioLine& line) {
  const auto wanted = std::strtol(line.arguments[1].c_str(), nullptr, 10);
  return Stage::Until(line.within_s, [&]() -> Seen {
    auto seen = Count(stage, line.arguments[0]);
    if (!seen) return std::unexpected(seen.error());
    if (seen->attempts == wanted) return std::nullopt;
    return "it was brought " + std::to_string(seen->attempts) + " times";
  });
}

base::Status PaymentIs(Stage& stage, const ScenarioLine& line) {
  return Stage::Until(line.within_s, [&]() -> Seen {
    auto payment = stage.client().Get("/control/payments/" + stage.checkout().payment_id);
    if (!payment) return std::unexpected(payment.error());
    if (TextAt(*payment, "/status") == line.arguments[0]) return std::nullopt;
    return "it is " + TextAt(*payment, "/status") + ", " + TextAt(*payment, "/processing/status");
  });
}

base::Status CheckAnswer(Answer& answer, const ScenarioLine& line, const json::object& wanted) {
  answer.unchecked = false;
  if (std::to_string(answer.status) != line.arguments[0]) {
    return base::Invalid(
        "", "it was " + std::to_string(answer.status) + " " + base::ToText(answer.body));
  }
  auto difference = Difference(wanted, answer.body);
  return difference.empty() ? base::Status() : base::Invalid("", "its " + difference);
}

base::Status AnswerIs(Stage& stage, const ScenarioLine& line) {
  auto wanted = stage.Members(line);
  if (!wanted) return std::unexpected(wanted.error());
  return CheckAnswer(stage.answer(), line, *wanted);
}

base::Status CardWasAnswered(Stage& stage, const ScenarioLine& line) {
  auto wanted = stage.Members(line);
  if (!wanted) return std::unexpected(wanted.error());
  if (!stage.pending().valid()) return base::Invalid("", "no card is on its way");
  auto answer = stage.pending().get();
  if (!answer) return std::unexpected(answer.error());
  return CheckAnswer(*answer, line, *wanted);
}

constexpr auto kSteps = std::to_array<Step>({
    {"expect the answer <status>", true,
     "To the last request; without this line it must be 2xx or 303. Members: of its JSON.",
     AnswerIs},
    {"expect the card was answered <status>", true, "The entry that nobody waited for.",
     CardWasAnswered},
    {"expect the <kind> session is <state>", false,
     "`payment` or `3ds`; the states of docs/session-states.md.", SessionIs},
    {"expect the <kind> session has", true, "Members of the operator's view of it.", SessionHas},
    {"expect the timeline of the <kind> session tells <what>", true,
     "An entry of that name; members of it: `side=commerce`, `to=voided`.", TimelineHas},
    {"expect the <kind> shopper sees <what>", false,
     "By the client protocol, with the key of the `payment` or `3ds` session: tokenize_card, "
     "wait, 3ds_challenge, success, failure, pending, gone.",
     ShopperSees},
    {"expect the <kind> shopper sees <what> because of <reason>", false,
     "The same, with data.reason_code.", ShopperSees},
    {"expect the <kind> shopper is told", true, "Members of that state.", ShopperIsTold},
    {"expect the challenge page leads to <place>", false,
     "`bank`, `success`, `error` (the continuation), `here` (a page that stays), `gone` (404).",
     PageLeads},
    {"expect the challenge page says <text>", false, "Somewhere in its HTML.", PageSays},
    {"expect event <type> once", true,
     "At the bridge, one accepted, and no other on its way; members of its data.", EventOnce},
    {"expect event <type> never", false, "And none on its way.",
     [](Stage& stage, const ScenarioLine& line) {
       return NoEvent(stage, line.arguments[0], line.within_s);
     }},
    {"expect no event", false, "Of any type.",
     [](Stage& stage, const ScenarioLine& line) { return NoEvent(stage, "", line.within_s); }},
    {"expect event <type> was brought <n> times", false, "Deliveries, accepted or not.",
     EventDelivered},
    {"expect the payment is <status>", false, "Of the sandbox's Commerce: COMPLETED, FAILED, ...",
     PaymentIs},
});

}  // namespace

std::span<const Step> ExpectSteps() {
  return kSteps;
}

}  // namespace obolus::sandbox
