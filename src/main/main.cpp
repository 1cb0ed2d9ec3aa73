// The command line. Exit codes: 0 done; 1 no (not found, a check failed); 64 usage; 69 unavailable;
// 70 an unclean stop; 78 the configuration is wrong (sysexits.h). `pagewatch` is for a timer and
// tells apart 1, the page differs, and 2, nothing was compared.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/events.h"
#include "cli/page_watch.h"
#include "cli/reload.h"
#include "cli/sessions.h"
#include "domain/session_machine.h"
#include "main/api_key_commands.h"
#include "main/audit_commands.h"
#include "main/audit_note.h"
#include "main/check.h"
#include "main/config.h"
#include "main/contracts.h"
#include "main/crypto_inventory.h"
#include "main/keys_command.h"
#include "main/serve.h"
#include "net/dev_certificates.h"
#include "storage/sqlite_backup.h"

namespace obolus::main {
namespace {

constexpr int kNo = 1;
constexpr int kNotCompared = 2;
constexpr int kUsage = 64;
constexpr int kUnavailable = 69;
constexpr int kConfiguration = 78;

struct Options {
  std::string config_file;
  std::vector<std::string> settings;
  bool json = false;
  std::string id;
  std::string kind = "all";
  std::string folder;
  std::string target;
  cli::EventsQuery query;
  cli::PageWatchOptions watch;
};

void Print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int Complain(const base::Error& error) {
  std::fprintf(stderr, "obolus: %s\n", error.message.c_str());
  return error.code == base::ErrorCode::kUnavailable ? kUnavailable : kNo;
}

int PrintOrComplain(const base::Result<std::string>& text) {
  if (!text) return Complain(text.error());
  Print(*text);
  return 0;
}

// Runs `use` with the configuration, or says what is wrong with it.
template <class F>
int WithConfig(const Options& options, F use) {
  auto config = LoadConfig({options.config_file, Environment(), options.settings});
  if (config) return use(std::move(*config));
  std::fprintf(stderr, "obolus: the configuration is not valid:\n%s",
               DescribeFaults(config.error()).c_str());
  return kConfiguration;
}

cli::OperatorAddress AddressOf(const Config& config) {
  return {config.operators.address, config.operators.port, cli::OperatorKeyIn(Environment())};
}

void AddConfigOptions(CLI::App& command, Options& options) {
  command.add_option("--config", options.config_file, "Configuration file (TOML)");
  command.add_option("--set", options.settings, "One setting, as KEY=VALUE; may be repeated");
}

void AddServing(CLI::App& app, Options& options, int& code) {
  auto* serve = app.add_subcommand("serve", "Run until SIGTERM or SIGINT");
  AddConfigOptions(*serve, options);
  serve->callback([&] { code = WithConfig(options, Serve); });

  auto* check = app.add_subcommand("check", "Say whether `serve` would work, and what to mend");
  AddConfigOptions(*check, options);
  check->callback([&] {
    code = WithConfig(options, [](const Config& config) {
      const CheckReport report = CheckInstallation(config);
      Print(report.text);
      return report.ok ? 0 : kNo;
    });
  });

  auto* reload = app.add_subcommand(
      "reload", "Tell a running obolus to read certificates, keys and API keys again");
  AddConfigOptions(*reload, options);
  reload->add_flag("--json", options.json, "For machines");
  reload->callback([&] {
    code = WithConfig(options, [&](const Config& config) {
      const auto report = cli::AskToReload(AddressOf(config), options.json);
      if (!report) return Complain(report.error());
      Print(report->text);
      return report->ok ? 0 : kNo;
    });
  });
}

int BackUp(const Config& config, const Options& options) {
  if (config.store.kind != StoreKind::kSqlite) {
    std::fprintf(stderr,
                 "obolus: store.kind is not sqlite, so there is no file to copy; for "
                 "PostgreSQL see \"Back up\" in docs/operating.md\n");
    return kUsage;
  }
  const auto backup = storage::BackUpSqlite(config.store.path, options.target);
  if (!backup) return Complain(backup.error());
  const auto noted = RecordForCommand(config, domain::AuditKind::kBackupMade, options.target);
  if (!noted) {
    std::fprintf(stderr, "obolus: the backup could not be recorded in the audit log: %s\n",
                 noted.error().message.c_str());
  }
  if (options.json) {
    Print(base::ToText({{"file", options.target},
                        {"bytes", backup->bytes},
                        {"sessions", backup->sessions},
                        {"pending_events", backup->pending_events}}) +
          "\n");
    return 0;
  }
  Print(options.target + ": " + std::to_string(backup->bytes) + " bytes, " +
        std::to_string(backup->sessions) + " sessions, " + std::to_string(backup->pending_events) +
        " events not yet delivered\n" + "Keep a copy of " + config.vault.key_file +
        " too, in another place: without it cards and session keys in this file are of no use.\n");
  return 0;
}

void AddBackup(CLI::App& app, Options& options, int& code) {
  auto* backup =
      app.add_subcommand("backup", "Copy the SQLite store to a new file, while it is in use");
  AddConfigOptions(*backup, options);
  backup->add_option("FILE", options.target, "Must not exist yet")->required();
  backup->add_flag("--json", options.json, "For machines");
  backup->callback([&] {
    code = WithConfig(options, [&](const Config& config) { return BackUp(config, options); });
  });
}

void AddEvents(CLI::App& app, Options& options, int& code) {
  auto* events = app.add_subcommand("events", "Events on their way to Commerce");
  events->require_subcommand(1);
  auto* list = events->add_subcommand("list", "Newest first");
  AddConfigOptions(*list, options);
  list->add_option("--status", options.query.status, "pending, delivered or parked")
      ->check(CLI::IsMember({"pending", "delivered", "parked"}));
  list->add_option("--limit", options.query.limit)->check(CLI::Range(1, 1000));
  list->add_flag("--json", options.query.json, "For machines");
  list->callback([&] {
    code = WithConfig(options, [&](const Config& config) {
      return PrintOrComplain(cli::ListEvents(AddressOf(config), options.query));
    });
  });
  using OneById =
      base::Result<std::string> (*)(const cli::OperatorAddress&, const std::string&, bool);
  const auto add = [&](CLI::App* parent, const char* name, const char* help, OneById action) {
    auto* command = parent->add_subcommand(name, help);
    AddConfigOptions(*command, options);
    command->add_option("ID", options.id)->required();
    command->add_flag("--json", options.json, "For machines");
    command->callback([&options, &code, action] {
      code = WithConfig(options, [&](const Config& config) {
        return PrintOrComplain(action(AddressOf(config), options.id, options.json));
      });
    });
  };
  add(events, "show", "One event with its body", cli::ShowEvent);
  add(events, "replay", "Deliver it again, the same bytes under the same id", cli::ReplayEvent);
  auto* sessions = app.add_subcommand("sessions", "Sessions of shoppers");
  sessions->require_subcommand(1);
  add(sessions, "show",
      "One session and all that happened to it; by its id, its terminal or its payment",
      cli::ShowSession);
  add(sessions, "cancel", "Give up for a shopper who cannot; Commerce is told", cli::CancelSession);
}

void AddPageWatch(CLI::App& app, Options& options, int& code) {
  cli::PageWatchOptions& watch = options.watch;
  auto* command = app.add_subcommand(
      "pagewatch", "Say what of a page's scripts and headers is not as expected (PCI DSS 11.6.1)");
  command->add_option("URL", watch.url)->required();
  auto* inventory =
      command->add_option("--inventory", watch.inventory_file,
                          "A baseline, or a copy of a script-inventory.json; default: "
                          "/script-inventory.json of the page's server");
  command->add_option("--save", watch.save_file, "Write the page as it is now as a baseline")
      ->excludes(inventory);
  command->add_option("--ca", watch.ca_file, "The authority to trust (PEM); default: the system's");
  command->add_flag("--json", watch.json, "For machines");
  command->callback([&watch, &code] {
    const auto report = cli::WatchPage(watch);
    if (!report) {
      std::fprintf(stderr, "obolus: %s\n", report.error().message.c_str());
      code = kNotCompared;
      return;
    }
    Print(report->text);
    code = report->same ? 0 : kNo;
  });
}

void AddCertificates(CLI::App& app, Options& options, int& code) {
  auto* certs = app.add_subcommand("certs", "Certificates");
  certs->require_subcommand(1);
  auto* dev = certs->add_subcommand("dev", "A private CA and certificates, for trying only");
  dev->add_option("DIR", options.folder)->required();
  dev->callback([&] {
    const auto made = net::MakeDevCertificates(options.folder);
    if (!made) {
      code = Complain(made.error());
      return;
    }
    Print(*made ? "certificates made in " + options.folder + "\n"
                : "certificates in " + options.folder + " are still good\n");
  });
}

void AddKeys(CLI::App& app, Options& options, int& code) {
  using Verb = KeysCommand::Verb;
  auto* keys =
      app.add_subcommand("keys", "Secret keys: of the vault, of session keys, of the JWEs");
  keys->require_subcommand(1);
  const auto add = [&](Verb verb, const char* name, const char* help) {
    auto* command = keys->add_subcommand(name, help);
    AddConfigOptions(*command, options);
    command->add_flag("--json", options.json, "For machines");
    command->callback([&options, &code, verb] {
      code = WithConfig(options, [&](const Config& config) {
        return PrintOrComplain(
            RunKeysCommand(config, {verb, options.kind, options.id, options.json}));
      });
    });
    return command;
  };
  add(Verb::kList, "list", "Which there are, and what still needs them");
  add(Verb::kRotate, "rotate", "New ones; the old ones go on opening what they made")
      ->add_option("--kind", options.kind, "Which")
      ->check(CLI::IsMember({"key_encryption", "session", "envelope", "all"}))
      ->capture_default_str();
  add(Verb::kRetire, "retire", "The end of an old one that nothing needs")
      ->add_option("ID", options.id)
      ->required();
  add(Verb::kRewrap, "rewrap", "Bring all cards under the newest key-encryption key, now");

  auto* inventory = app.add_subcommand("crypto-inventory",
                                       "Every algorithm, its keys and their age (PCI DSS 12.3.3)");
  AddConfigOptions(*inventory, options);
  inventory->add_flag("--json", options.json, "For machines");
  inventory->callback([&] {
    code = WithConfig(options, [&](const Config& config) {
      const auto all = CryptoInventory(config, base::SystemClock());
      Print(options.json ? base::ToText(all) + "\n" : DescribeInventory(all));
      return 0;
    });
  });
}

void AddDocuments(CLI::App& app) {
  const auto add = [&app](const char* name, const char* help, auto text) {
    app.add_subcommand(name, help)->callback([text] { Print(text()); });
  };
  add("openapi", "Print the OpenAPI document", OpenApi);
  add("asyncapi", "Print the AsyncAPI document", AsyncApi);
  add("config", "Print every setting with its default", DefaultConfig);
  add("states", "Print the session states, as docs/session-states.md", domain::DescribeTransitions);
  add("version", "Print the version", [] { return "obolus " OBOLUS_VERSION "\n"; });
}

int Run(int argc, char** argv) {
  Options options;
  int code = 0;
  CLI::App app("Obolus: the Checkout Experience of Hellgate Commerce, as a service of your own.",
               "obolus");
  app.require_subcommand(1);
  AddServing(app, options, code);
  AddBackup(app, options, code);
  AddAudit(app, code);
  AddEvents(app, options, code);
  AddPageWatch(app, options, code);
  AddApiKeyCommands(app, code);
  AddCertificates(app, options, code);
  AddKeys(app, options, code);
  AddDocuments(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return code;
}

}  // namespace
}  // namespace obolus::main

int main(int argc, char** argv) {
  return obolus::main::Run(argc, argv);
}
