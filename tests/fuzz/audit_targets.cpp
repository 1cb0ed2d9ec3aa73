#include <algorithm>

#include "app/audit_line.h"
#include "base/hash_chain.h"
#include "base/utf8.h"
#include "fuzz/promises.h"
#include "fuzz/request_text.h"
#include "fuzz/targets.h"

namespace obolus::fuzz {
namespace {

const base::Bytes kKey(32, 7);

app::AuditEntry EntryOf(std::string_view bytes) {
  const auto next = [&bytes] { return std::string(TakeUntil(&bytes, "\n")); };
  app::AuditEntry entry{.sequence = 4, .time = base::FromMillis(1795305600000), .record = {}};
  const auto kinds = domain::AllAuditKinds();
  const std::string kind = next();
  entry.record.kind = kinds[kind.empty() ? 0 : static_cast<unsigned char>(kind[0]) % kinds.size()];
  entry.record.actor = next();
  entry.record.origin = next();
  entry.record.object = next();
  entry.instance = next();
  while (!bytes.empty() && entry.record.details.size() < 40) {
    std::string name = next();
    entry.record.details.emplace_back(std::move(name), next());
  }
  return entry;
}

}  // namespace

// Lines: a kind, who, from where, to what, the instance, then names and values of details. Whatever
// they hold is one line of printable ASCII, reads as what it was cleaned to, and no longer reads
// once a byte of it is another.
void FuzzAuditLine(std::string_view bytes) {
  const auto foreign = app::ReadAuditLine(kKey, bytes);
  CHECK(!foreign);  // nobody has the key
  CheckRefusal(foreign.error());
  if (const auto head = base::ParseChainHead(bytes)) CHECK(base::ToText(*head) == bytes);

  const app::AuditEntry entry = EntryOf(bytes);
  std::string line =
      base::HashChain(kKey, {entry.sequence - 1, {}}).Append(app::WriteAuditMembers(entry));
  CHECK(line.size() <= app::kLongestAuditLine);
  CHECK(std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; }));
  const auto read = app::ReadAuditLine(kKey, line);
  CHECK(read.has_value() && read->sequence == entry.sequence && read->time == entry.time);
  CHECK(read->record.kind == entry.record.kind);
  CHECK(read->record.actor == base::CleanText(entry.record.actor, domain::kLongestDetail));
  CHECK(read->record.object == base::CleanText(entry.record.object, domain::kLongestDetail));

  char& changed = line[base::Sha256(base::AsBytes(bytes))[0] * line.size() / 256];
  changed = changed == '0' ? '1' : '0';
  CHECK(!app::ReadAuditLine(kKey, line));
}

}  // namespace obolus::fuzz
