#include "main/audit_note.h"

#include <unistd.h>

#include <future>

#include "base/encoding.h"
#include "base/log.h"
#include "cli/operator_client.h"
#include "main/audit_config.h"

namespace obolus::main {
namespace {

std::string UserName() {
  return "uid:" + std::to_string(getuid());
}

// As a value of a query: letters and digits stay.
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    escaped += plain ? std::string(1, c) : "%" + base::EncodeHex(base::AsBytes({&c, 1}));
  }
  return escaped;
}

base::Status RecordUnderLock(const Config& config, domain::AuditRecord record) {
  base::Metrics metrics;
  base::SetLogLevel(base::LogLevel::kError);
  const auto log = OpenAudit(config, metrics);
  if (!log) return std::unexpected(log.error());
  std::promise<base::Status> promise;
  auto kept = promise.get_future();
  (*log)->RecordDurably(std::move(record),
                        [&promise](base::Status status) { promise.set_value(std::move(status)); });
  return kept.get();
}

}  // namespace

base::Status RecordForCommand(const Config& config, domain::AuditKind kind,
                              const std::string& detail) {
  const std::string target = "/audit/records?kind=" + std::string(domain::ToString(kind)) +
                             "&by=" + UserName() + "&detail=" + Escaped(detail);
  const auto answer =
      cli::Ask({config.operators.address, config.operators.port, cli::OperatorKeyIn(Environment())},
               "POST", target);
  if (answer) return {};
  if (answer.error().code != base::ErrorCode::kUnavailable) return std::unexpected(answer.error());
  return RecordUnderLock(config,
                         {.kind = kind,
                          .actor = "operator",
                          .object = kind == domain::AuditKind::kBackupMade ? "store" : "audit_log",
                          .details = {{"by", UserName()}, {"what", detail}}});
}

}  // namespace obolus::main
