#include "sandbox/trigger.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include "sandbox/sandbox_client.h"
#include "sandbox/scenario.h"
#include "sandbox/scenario_run.h"
#include "sandbox/scenario_steps.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

struct KnownEvent {
  std::string_view type;
  std::string_view story;
};
constexpr std::array kEvents = {
    KnownEvent{"CompleteTDSSession", "The challenge has an outcome: --set result=SUCCESS|FAILED"},
    KnownEvent{"SessionVoided", "Commerce gives the payment up"},
    KnownEvent{"StateChanged",
               "The payment goes on: --set state=accepted|authorized|completed|failed"},
};

int Say(const base::Error& error) {
  std::fprintf(stderr, "obolus-sandbox: %s\n", error.message.c_str());
  return error.code == base::ErrorCode::kUnavailable || error.code == base::ErrorCode::kTimeout
             ? kExitUnreachable
             : kExitWrongUse;
}

int List(const KitOptions& kit, const ScenarioBook& book) {
  for (const auto& event : kEvents) {
    if (kit.json) {
      std::printf("%s\n", base::ToText({{"event", event.type}, {"story", event.story}}).c_str());
    } else {
      std::printf("%-20s %s\n", event.type.data(), event.story.data());
    }
  }
  for (const auto& [name, scenario] : book) {
    std::string needs;
    for (const auto& need : scenario.needs) needs += " [needs " + need + "]";
    if (kit.json) {
      std::printf("%s\n",
                  base::ToText({{"scenario", name}, {"story", scenario.story + needs}}).c_str());
    } else {
      std::printf("%s%s\n    %s\n", name.c_str(), needs.c_str(), scenario.story.c_str());
    }
  }
  return kExitDone;
}

bool IsProvided(const Scenario& scenario, const TriggerOptions& options) {
  return std::ranges::all_of(scenario.needs, [&](const std::string& need) {
    return std::ranges::find(options.provides, need) != options.provides.end();
  });
}

void Print(const KitOptions& kit, const ScenarioEnd& end) {
  if (kit.json) {
    std::printf("%s\n", base::ToText(ToJson(end)).c_str());
  } else if (end.passed) {
    std::printf("as told   %s (%.1f s)\n", end.name.c_str(), end.seconds);
  } else {
    std::printf("OTHERWISE %s\n    %s\n", end.name.c_str(), end.message.c_str());
  }
  std::fflush(stdout);
}

int Play(const KitOptions& kit, const TriggerOptions& options,
         const std::vector<const Scenario*>& scenarios) {
  auto client = SandboxClient::Open(kit.url, kit.certificates);
  if (!client) return Say(client.error());
  std::size_t passed = 0;
  bool unreachable = false;
  PlayScenarios(**client, scenarios, options.parallel, [&](const ScenarioEnd& end) {
    Print(kit, end);
    passed += end.passed;
    unreachable = unreachable || end.unreachable;
  });
  if (!kit.json && scenarios.size() > 1) {
    std::printf("%zu of %zu scenarios went as told\n", passed, scenarios.size());
  }
  if (passed == scenarios.size()) return kExitDone;
  return unreachable ? kExitUnreachable : kExitUnexpected;
}

int PlayAll(const KitOptions& kit, const TriggerOptions& options, const ScenarioBook& book) {
  std::vector<const Scenario*> scenarios;
  for (const auto& [name, scenario] : book) {
    if (IsProvided(scenario, options)) {
      scenarios.push_back(&scenario);
    } else if (!kit.json) {
      std::printf("left out  %s needs %s\n", name.c_str(), scenario.needs.front().c_str());
    }
  }
  return Play(kit, options, scenarios);
}

base::Result<json::value> FindPayment(const SandboxClient& client, const std::string& wanted) {
  if (wanted != "latest") return client.Get("/control/payments/" + wanted);
  auto list = client.Get("/control/payments");
  if (!list) return list;
  const auto& payments = list->at("payments").as_array();
  if (payments.empty()) {
    return base::Fail(base::ErrorCode::kNotFound,
                      "there is no payment yet; make one in the shop, or name ids with --data");
  }
  return payments.front();
}

// Its own data first, then --data, then --set.
base::Result<json::object> DataOf(const SandboxClient& client, const TriggerOptions& options,
                                  std::string* subject) {
  json::object data;
  if (options.data.empty()) {
    auto payment = FindPayment(client, options.payment);
    if (!payment) return std::unexpected(payment.error());
    const bool tds = options.what == "CompleteTDSSession";
    const auto& id = payment->at(tds ? "tds_terminal_id" : "terminal_id");
    if (!id.is_string()) {
      return base::Fail(base::ErrorCode::kConflict, "this payment has no 3-D Secure session");
    }
    data[tds ? "tds_terminal_id" : "terminal_id"] = id;
    if (options.what == "CompleteTDSSession") data["result"] = "SUCCESS";
    if (options.what == "StateChanged") data["state"] = "authorized";
    *subject = id.as_string();
  } else {
    auto given = base::ParseJson(options.data);
    if (!given || !given->is_object()) return base::Invalid("", "--data must be a JSON object");
    data = given->as_object();
  }
  std::vector<ScenarioMember> members;
  for (const auto& text : options.set) {
    auto member = ReadMember(text);
    if (!member) return base::Invalid("", "--set " + member.error().message);
    members.push_back(std::move(*member));
  }
  auto set = ReadMembers(members, [](const std::string& text) { return text; });
  if (!set) return set;
  for (const auto& member : *set) data[member.key()] = member.value();
  return data;
}

int SendEvent(const KitOptions& kit, const TriggerOptions& options) {
  auto client = SandboxClient::Open(kit.url, kit.certificates);
  if (!client) return Say(client.error());
  std::string subject;
  auto data = DataOf(**client, options, &subject);
  if (!data) return Say(data.error());
  json::object event{{"type", options.what}, {"data", *data}, {"mode", options.mode}};
  if (!options.id.empty()) event["id"] = options.id;
  if (!options.subject.empty()) subject = options.subject;
  if (!subject.empty()) event["subject"] = subject;
  auto answer = (*client)->Post("/control/event", event);
  if (!answer) return Say(answer.error());
  const auto status = answer->at("status").as_int64();
  const std::string body(answer->at("body").as_string());
  if (kit.json) {
    std::printf("%s\n", base::ToText({{"sent", event}, {"answer", *answer}}).c_str());
  } else {
    std::printf("sent      %s\nanswered  %lld %s\n", base::ToText(event).c_str(),
                static_cast<long long>(status), body.c_str());
  }
  return status >= 200 && status < 300 ? kExitDone : kExitUnexpected;
}

}  // namespace

int Trigger(const KitOptions& kit, const TriggerOptions& options) {
  if (options.grammar) {
    std::printf("%s", DescribeSteps().c_str());
    return kExitDone;
  }
  auto book = ReadScenarios(options.scenarios);
  if (!book) return Say(book.error());
  if (options.list) return List(kit, *book);
  if (options.all) return PlayAll(kit, options, *book);
  std::string name = options.what;
  if (name.ends_with(kScenarioSuffix)) name.resize(name.size() - kScenarioSuffix.size());
  const auto found = book->find(name);
  if (found != book->end()) {
    if (IsProvided(found->second, options)) return Play(kit, options, {&found->second});
    const auto& need = found->second.needs.front();
    std::fprintf(stderr, "obolus-sandbox: it needs %s; say --provides \"%s\" when there is one\n",
                 need.c_str(), need.c_str());
    return kExitNotProvided;
  }
  // Event types are in camel case, scenario names have dashes; any other type may be sent by
  // --data.
  const bool known = std::ranges::any_of(
      kEvents, [&](const KnownEvent& event) { return event.type == options.what; });
  if (known || !options.data.empty()) return SendEvent(kit, options);
  std::fprintf(stderr, "obolus-sandbox: there is no event or scenario %s; see trigger --list\n",
               options.what.c_str());
  return kExitWrongUse;
}

}  // namespace obolus::sandbox
