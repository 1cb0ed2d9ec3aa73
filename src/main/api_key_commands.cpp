#include "main/api_key_commands.h"

#include <cstdio>
#include <memory>

#include "base/json.h"
#include "cli/api_key.h"
#include "cli/api_key_file.h"
#include "main/check.h"
#include "main/config.h"

namespace obolus::main {
namespace {

constexpr int kNo = 1;
constexpr int kUsage = 64;

struct Options {
  std::string file, config_file, name, which, expires;
  std::vector<std::string> scopes = {"sessions", "events"};
  bool json = false;
};
using Shared = std::shared_ptr<Options>;

void Print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int Complain(const base::Error& error) {
  const bool named = !error.fields.empty() && !error.fields[0].pointer.empty();
  std::fprintf(stderr, "obolus: %s%s\n", named ? (error.fields[0].pointer + " ").c_str() : "",
               error.message.c_str());
  return kNo;
}

// That of --file, else of the configuration.
std::string FileOf(const Options& options) {
  if (!options.file.empty()) return options.file;
  const auto config = LoadConfig({options.config_file, Environment(), {}});
  if (!config) {
    std::fprintf(stderr, "obolus: the configuration is not valid:\n%s",
                 DescribeFaults(config.error()).c_str());
    return "";
  }
  if (config->api_keys_file.empty()) {
    std::fprintf(stderr, "obolus: commerce.api_keys_file is not set, and there is no --file\n");
  }
  return config->api_keys_file;
}

int CreateWithoutName(const Options& options) {
  const cli::ApiKey made = cli::CreateApiKey();
  Print(options.json ? base::ToText({{"key", made.key}, {"sha256", made.digest}}) + "\n"
                     : "key     " + made.key + "\nsha256  " + made.digest +
                           "\n\nGive the key to Commerce; put the sha256 into commerce.api_keys. "
                           "The key is not kept anywhere.\n");
  return 0;
}

int Create(const Options& options) {
  if (options.name.empty()) return CreateWithoutName(options);
  cli::NewApiKey wanted{.name = options.name, .scopes = {}, .expires_at = std::nullopt};
  for (const std::string& text : options.scopes) {
    const auto scope = app::ParseScope(text);
    if (!scope) return Complain(base::Invalid("--scopes", text + " is none").error());
    wanted.scopes.push_back(*scope);
  }
  if (!options.expires.empty()) {
    const auto end = base::ParseTime(options.expires);
    if (!end) {
      return Complain(base::Invalid("--expires", "must be as 2027-01-31T00:00:00Z").error());
    }
    wanted.expires_at = *end;
  }
  const std::string file = FileOf(options);
  if (file.empty()) return kUsage;
  const auto key = cli::AddApiKey(file, wanted, base::SystemClock().Now());
  if (!key) return Complain(key.error());
  Print(options.json ? base::ToText({{"key", *key}, {"name", options.name}}) + "\n"
                     : "key     " + *key + "\n\nGive it to whoever is " + options.name +
                           "; it is not kept anywhere. A running obolus takes it by itself, or at "
                           "`obolus reload`.\n");
  return 0;
}

int List(const Options& options) {
  const std::string file = FileOf(options);
  if (file.empty()) return kUsage;
  const auto text = cli::DescribeApiKeys(file, base::SystemClock().Now(), options.json);
  if (!text) return Complain(text.error());
  Print(*text);
  return 0;
}

int Revoke(const Options& options) {
  const std::string file = FileOf(options);
  if (file.empty()) return kUsage;
  const auto taken = cli::RevokeApiKeys(file, options.which, base::SystemClock().Now());
  if (!taken) return Complain(taken.error());
  Print("taken away: " + std::to_string(*taken) +
        ". A running obolus takes note by itself, or at `obolus reload`.\n");
  return 0;
}

CLI::App* Add(CLI::App& parent, const Shared& options, const char* name, const char* help) {
  auto* command = parent.add_subcommand(name, help);
  command->add_option("--file", options->file, "Instead of commerce.api_keys_file");
  command->add_option("--config", options->config_file, "Configuration file (TOML)");
  return command;
}

}  // namespace

void AddApiKeyCommands(CLI::App& app, int& code) {
  auto* api_key = app.add_subcommand("apikey", "API keys of callers and operators");
  api_key->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  auto* create =
      Add(*api_key, options, "create",
          "A new key; without --name only printed, with its digest for commerce.api_keys");
  create->add_flag("--json", options->json, "For machines");
  create->add_option("--name", options->name, "Whose it is; two of a name may be active");
  create->add_option("--scopes", options->scopes, "sessions, events, forward, operator")
      ->delimiter(',');
  create->add_option("--expires", options->expires, "As 2027-01-31T00:00:00Z; default: never");
  create->callback([options, &code] { code = Create(*options); });
  auto* list = Add(*api_key, options, "list", "Names, scopes and ends; never a key");
  list->add_flag("--json", options->json, "For machines");
  list->callback([options, &code] { code = List(*options); });
  auto* revoke = Add(*api_key, options, "revoke", "Take away a key by its id, or all of a name");
  revoke->add_option("KEY", options->which, "Id or name")->required();
  revoke->callback([options, &code] { code = Revoke(*options); });
}

}  // namespace obolus::main
