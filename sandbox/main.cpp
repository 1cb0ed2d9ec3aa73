// obolus-sandbox: a Commerce to play against. Parses the command line, starts the server, prints
// one JSON line when it is ready and waits for SIGINT or SIGTERM. Exit codes: 0 stopped, 1 could
// not start, 2 usage.
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "base/json.h"
#include "base/log.h"
#include "sandbox/listing.h"
#include "sandbox/server.h"
#include "sandbox/trigger.h"

namespace obolus::sandbox {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

int Print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

ListingForm FormOf(bool as_json, bool as_markdown) {
  if (as_json) return ListingForm::kJson;
  return as_markdown ? ListingForm::kMarkdown : ListingForm::kPeople;
}

int Serve(const ServerOptions& options, bool exit_with_parent) {
  const pid_t parent = getppid();
  if (exit_with_parent) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || parent == 1) return 0;  // it ended before we could say so
  }
  // Blocked before any thread starts, so that every thread leaves them to sigwait.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  auto server = Server::Start(options);
  if (!server) {
    std::fprintf(stderr, "obolus-sandbox: %s\n", server.error().message.c_str());
    base::FlushLog();
    return kExitFailed;
  }
  base::json::object ready{
      {"event", "ready"}, {"url", (*server)->url()}, {"bridge_url", (*server)->bridge_url()}};
  if (options.guardian_port) ready["guardian_url"] = (*server)->guardian_url();
  std::printf("%s\n", base::ToText(ready).c_str());
  std::fflush(stdout);
  int received = 0;
  sigwait(&signals, &received);
  (*server)->Stop();
  base::FlushLog();
  return 0;
}

void AddKit(CLI::App* command, KitOptions& kit) {
  command->add_option("--url", kit.url, "The running sandbox")->capture_default_str();
  command->add_option("--certs", kit.certificates, "Its certificates, when it serves TLS")
      ->check(CLI::ExistingDirectory);
}

CLI::App* AddTrigger(CLI::App& app, KitOptions& kit, TriggerOptions& options) {
  auto* trigger = app.add_subcommand("trigger", "Send an event, or play a scenario");
  AddKit(trigger, kit);
  trigger->add_option("what", options.what, "An event's type or a scenario's name");
  trigger->add_flag("--list", options.list, "List events and scenarios with their stories");
  trigger->add_flag("--all", options.all, "Play every scenario");
  trigger->add_flag("--grammar", options.grammar, "The steps that scenarios are made of");
  trigger->add_flag("--json", kit.json, "JSON lines");
  trigger->add_option("--set", options.set, "name=value in the event's data")->take_all();
  trigger->add_option("--data", options.data, "The event's data, a JSON object");
  trigger->add_option("--subject", options.subject, "ce-subject");
  trigger->add_option("--payment", options.payment, "Whose event: latest, or an id")
      ->capture_default_str();
  trigger->add_option("--mode", options.mode, "binary, structured or batched")
      ->check(CLI::IsMember({"binary", "structured", "batched"}))
      ->capture_default_str();
  trigger->add_option("--id", options.id, "ce-id; one that was used makes a duplicate");
  trigger->add_option("--scenarios", options.scenarios, "Folder with more, or other, scenarios")
      ->check(CLI::ExistingDirectory);
  trigger
      ->add_option("--provides", options.provides, "What a scenario may need: \"vault guardian\"")
      ->take_all();
  trigger->add_option("--parallel", options.parallel, "Scenarios at once")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  return trigger;
}

CLI::App* AddListen(CLI::App& app, KitOptions& kit, ListenOptions& options) {
  auto* listen = app.add_subcommand("listen", "Show what is said in both directions");
  AddKit(listen, kit);
  listen->add_flag("--json", kit.json, "JSON lines");
  listen->add_option("--payment", options.payment, "Only of that payment");
  listen->add_option("--since", options.since, "From the entry after that number");
  listen->add_option("--limit", options.limit, "End after so many entries");
  listen->add_flag("--once", options.once, "End when all that there is has been shown");
  return listen;
}

int Run(int argc, char** argv) {
  CLI::App app{"A Commerce to play against: payments API, event bridge, processor, ACS and shop."};
  app.require_subcommand(1);
  ServerOptions options;
  bool exit_with_parent = false;
  auto* serve = app.add_subcommand("serve", "Run it until SIGINT or SIGTERM");
  serve->add_option("--port", options.port, "Shop, payments API, ACS and control; 0: any free one")
      ->capture_default_str();
  serve->add_option("--bridge-port", options.bridge_port, "Event bridge (mTLS); 0: any free one")
      ->capture_default_str();
  serve->add_option("--guardian-port", options.guardian_port,
                    "Guardian, a vault on another machine (HTTPS); 0: any free one; default: none");
  serve->add_option("--guardian-key", options.guardian_key,
                    "x-api-key that Guardian takes; default: the value of --api-key");
  serve->add_option("--commerce-url", options.commerce_url, "Obolus's commerce listener")
      ->capture_default_str();
  serve->add_option("--shopper-url", options.shopper_url, "Obolus's shopper listener")
      ->capture_default_str();
  serve->add_option("--operator-url", options.operator_url, "Obolus's operator listener")
      ->capture_default_str();
  serve->add_option("--api-key", options.api_key, "x-api-key towards Obolus")
      ->envname("OBOLUS_SANDBOX_API_KEY")
      ->required();
  serve->add_option("--payments-key", options.payments_key,
                    "x-api-key that POST /payments takes; default: the value of --api-key");
  serve->add_option("--certs", options.certificates, "Folder made by `obolus certs dev`")
      ->required()
      ->check(CLI::ExistingDirectory);
  serve->add_option("--flows", options.flows, "Folder of flow files instead of those built in")
      ->check(CLI::ExistingDirectory);
  serve->add_option("--acs-host", options.acs_host, "Host name at which browsers find the bank")
      ->capture_default_str();
  serve->add_flag("--charge", options.charge,
                  "Have each card forwarded to the processor; Obolus must allow that destination");
  serve->add_flag("--tls", options.tls, "Serve shop, API and ACS over HTTPS");
  serve->add_flag("--exit-with-parent", exit_with_parent, "Stop when the parent process ends");
  bool as_json = false;
  bool as_markdown = false;
  bool list = false;
  auto* cards = app.add_subcommand("cards", "List the test cards");
  auto* acs = app.add_subcommand("acs", "What the pretend bank can do with a challenge");
  acs->add_flag("--list", list, "List the behaviours: test card, story, ending")->required();
  for (auto* listing : {cards, acs}) {
    auto* json = listing->add_flag("--json", as_json, "As one JSON array");
    listing->add_flag("--markdown", as_markdown, "As a table for a page")->excludes(json);
  }
  KitOptions kit;
  TriggerOptions trigger_options;
  auto* trigger = AddTrigger(app, kit, trigger_options);
  ListenOptions listen_options;
  auto* listen = AddListen(app, kit, listen_options);
  std::string event;
  auto* replay = app.add_subcommand("replay", "Send an event again, the same bytes");
  AddKit(replay, kit);
  replay->add_option("event", event, "A journal entry's number or a ce-id")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  if (cards->parsed()) return Print(ListCards(FormOf(as_json, as_markdown)));
  if (acs->parsed()) return Print(ListBehaviours(FormOf(as_json, as_markdown)));
  if (trigger->parsed()) return Trigger(kit, trigger_options);
  if (listen->parsed()) return Listen(kit, listen_options);
  if (replay->parsed()) return Replay(kit, event);
  return Serve(options, exit_with_parent);
}

}  // namespace
}  // namespace obolus::sandbox

int main(int argc, char** argv) {
  return obolus::sandbox::Run(argc, argv);
}
