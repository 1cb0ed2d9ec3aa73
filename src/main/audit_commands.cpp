#include "main/audit_commands.h"

#include <cstdio>

#include "cli/audit.h"
#include "cli/operator_client.h"
#include "main/audit_config.h"
#include "main/audit_note.h"
#include "main/check.h"

namespace obolus::main {
namespace {

constexpr int kNotWhole = 1;
constexpr int kNothingRead = 2;
constexpr int kUsage = 64;
constexpr int kConfiguration = 78;

struct AuditOptions {
  std::string config_file;
  std::vector<std::string> settings;
  std::vector<std::string> paths;
  std::string key_file;
  bool without_key = false;
  bool json = false;
  std::string head, from, to, format = "jsonl";
  std::vector<std::string> kinds;
  std::size_t count = 20;
};

// What a command works on. Without a configuration it is a copy: no server knows it, and reading
// it is nobody's to record.
struct Material {
  cli::AuditSource source;
  base::SecretBytes key;
  std::optional<Config> config;
};

void Print(FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

int Complain(const base::Error& error, int code) {
  std::fprintf(stderr, "obolus: %s\n%s", error.message.c_str(),
               error.fields.empty() ? "" : DescribeFaults(error).c_str());
  return code;
}

base::Result<Config> LoadFor(const AuditOptions& options) {
  auto config = LoadConfig({options.config_file, Environment(), options.settings});
  if (!config) config.error().message = "the configuration is not valid:";
  return config;
}

// The head that a running server has in memory: nobody who changes files can change that.
void AskForHead(Material& material) {
  const auto answer = cli::Ask({material.config->operators.address, material.config->operators.port,
                                cli::OperatorKeyIn(Environment())},
                               "GET", "/audit");
  if (!answer) return;
  const auto head = base::ParseChainHead(base::FindString(*answer, "/head").value_or(""));
  if (head) material.source.heads.emplace("the server", *head);
}

base::Status FillKey(const AuditOptions& options, Material& material) {
  if (options.without_key) return {};
  auto key =
      ReadAuditKey(options.key_file.empty() ? material.config->audit.key_file : options.key_file);
  if (!key) return std::unexpected(key.error());
  material.key = std::move(*key);
  material.source.key = material.key.view();
  return {};
}

// Runs `use` on what the options say; it returns the exit code.
template <class F>
int WithMaterial(const AuditOptions& options, F use) {
  Material material;
  const bool is_copy = !options.paths.empty();
  if (!is_copy || (options.key_file.empty() && !options.without_key)) {
    auto config = LoadFor(options);
    if (!config) return Complain(config.error(), kConfiguration);
    material.config = std::move(*config);
  }
  if (auto filled = FillKey(options, material); !filled) {
    return Complain(filled.error(), kNothingRead);
  }
  material.source.paths = is_copy ? options.paths : std::vector{material.config->audit.dir};
  if (is_copy) material.config.reset();
  if (material.config) AskForHead(material);
  if (!options.head.empty()) {
    const auto head = base::ParseChainHead(options.head);
    if (!head) {
      std::fprintf(stderr, "obolus: --head %s\n", head.error().message.c_str());
      return kUsage;
    }
    material.source.heads.emplace("--head", *head);
  }
  return use(material);
}

int Finish(const Material& material, const std::string& command, const app::AuditReport& report) {
  const bool whole = report.all_faults == 0;
  if (material.config) {
    if (const auto kept = RecordForCommand(*material.config, domain::AuditKind::kAuditRead,
                                           command + (whole ? ": whole" : ": faults"));
        !kept) {
      std::fprintf(stderr, "obolus: that the log was read could not be recorded: %s\n",
                   kept.error().message.c_str());
    }
  }
  return whole ? 0 : kNotWhole;
}

int Verify(const AuditOptions& options) {
  return WithMaterial(options, [&](Material& material) {
    const auto report = cli::ReadAudit(material.source);
    if (!report) return Complain(report.error(), kNothingRead);
    Print(stdout, cli::DescribeAuditReport(*report, options.json));
    return Finish(material, "verify", *report);
  });
}

int ShowOrComplain(const Material& material, const std::string& command,
                   const base::Result<cli::AuditExport>& shown) {
  if (!shown) return Complain(shown.error(), kNothingRead);
  Print(stdout, shown->text);
  if (shown->report.all_faults > 0) {
    Print(stderr, cli::DescribeAuditReport(shown->report, false));
  }
  return Finish(material, command, shown->report);
}

std::optional<base::Timestamp> TimeOf(const std::string& text, const char* option, bool& ok) {
  if (text.empty()) return std::nullopt;
  const bool is_day = text.size() == 10;
  const auto time = base::ParseTime(is_day ? text + "T00:00:00Z" : text);
  if (time) return *time;
  std::fprintf(stderr, "obolus: %s must be a day (2026-11-28) or a time (RFC 3339)\n", option);
  ok = false;
  return std::nullopt;
}

int Export(const AuditOptions& options) {
  bool ok = true;
  cli::AuditQuery query{.from = TimeOf(options.from, "--from", ok),
                        .to = TimeOf(options.to, "--to", ok)};
  for (const std::string& text : options.kinds) {
    if (const auto kind = app::ParseAuditKind(text)) query.kinds.push_back(*kind);
  }
  query.format = *cli::ParseAuditFormat(options.format);
  if (!ok) return kUsage;
  return WithMaterial(options, [&](Material& material) {
    return ShowOrComplain(material, "export", cli::ExportAudit(material.source, query));
  });
}

int Tail(const AuditOptions& options) {
  return WithMaterial(options, [&](Material& material) {
    return ShowOrComplain(material, "tail", cli::TailAudit(material.source, options.count));
  });
}

std::vector<std::string> KindNames() {
  std::vector<std::string> names;
  for (const auto kind : domain::AllAuditKinds()) names.emplace_back(domain::ToString(kind));
  return names;
}

}  // namespace

void AddAudit(CLI::App& app, int& code) {
  const auto options = std::make_shared<AuditOptions>();
  auto* audit = app.add_subcommand("audit", "The audit log");
  audit->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, int (*action)(const AuditOptions&)) {
    auto* command = audit->add_subcommand(name, help);
    command->add_option("--config", options->config_file, "Configuration file (TOML)");
    command->add_option("--set", options->settings, "One setting, as KEY=VALUE; may be repeated");
    command->add_option("PATH", options->paths,
                        "Folders or files of a copy; default: the log of the configuration");
    auto* key = command->add_option("--key-file", options->key_file,
                                    "The key of a copy; default: audit.key_file");
    command
        ->add_flag("--without-key", options->without_key,
                   "Look at the hashes alone: finds changes, not a log that was written anew")
        ->excludes(key);
    command->add_option("--head", options->head,
                        "NUMBER:HASH of a line that must be there, from the server's log");
    command->callback([options, &code, action] { code = action(*options); });
    return command;
  };
  add("verify", "Say whether the log is whole, and where it is not", Verify)
      ->add_flag("--json", options->json, "For machines");
  auto* tail = add("tail", "The newest records, for people", Tail);
  tail->add_option("-n,--count", options->count, "How many")->check(CLI::Range(1, 100'000));
  auto* exported = add("export", "Records for auditors and their tools", Export);
  exported->add_option("--from", options->from, "From that day or time on, UTC");
  exported->add_option("--to", options->to, "Before that day or time");
  exported->add_option("--kind", options->kinds, "May be repeated")
      ->check(CLI::IsMember(KindNames()));
  exported->add_option("--format", options->format, "jsonl, csv or cef")
      ->check(CLI::IsMember({"jsonl", "csv", "cef"}));
}

}  // namespace obolus::main
