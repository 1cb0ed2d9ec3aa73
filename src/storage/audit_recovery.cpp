#include "storage/audit_recovery.h"

#include "app/audit_head.h"

namespace obolus::storage {
namespace {

using base::ChainHead;

struct Walk {
  ChainHead last;
  std::uint64_t first = 0;
  std::size_t good_bytes = 0;  // up to the end of the last line that is authentic
  std::optional<std::string> fault{};
  bool knows_head = false;  // a line is the one that audit.head names
};

void Say(std::optional<std::string>& fault, std::string what) {
  if (!fault) fault = std::move(what);
}

// Goes on behind a fault, because what comes after may be ours again.
Walk WalkLines(base::ByteView key, std::string_view text, const std::optional<ChainHead>& head) {
  Walk walk;
  std::optional<std::string> pending;  // a fault, if something authentic comes behind it
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    const std::string where = "audit.jsonl:" + std::to_string(++number) + ": ";
    const auto line = base::OpenChainLine(key, text.substr(at, end - at));
    at = end + 1;
    if (!line) {
      Say(pending, where + line.error().message);
      continue;
    }
    const bool follows =
        line->sequence == walk.last.sequence + 1 && line->previous == walk.last.hash;
    if (walk.first != 0 && !follows && !pending) pending = where + "lines are missing before it";
    if (pending) Say(walk.fault, *pending);
    pending.reset();
    if (walk.first == 0) walk.first = line->sequence;
    walk.last = line->head;
    walk.good_bytes = at;
    walk.knows_head = walk.knows_head || (head && *head == walk.last);
  }
  return walk;
}

}  // namespace

AuditRecovery RecoverAudit(base::ByteView key, std::string_view newest,
                           std::string_view head_text) {
  std::optional<ChainHead> head;
  std::optional<std::string> head_fault;
  if (!head_text.empty()) {
    if (const auto read = app::ReadAuditHead(key, head_text)) {
      head = *read;
    } else {
      head_fault = "audit.head: " + read.error().message;
    }
  } else if (!newest.empty()) {
    head_fault = "audit.head is missing";
  }
  Walk walk = WalkLines(key, newest, head);
  AuditRecovery found{.head = walk.last, .first = walk.first, .keep_bytes = walk.good_bytes};
  found.tampered = walk.fault ? walk.fault : head_fault;
  if (!head) return found;
  if (head->sequence > walk.last.sequence) {
    found.keep_bytes = newest.size();
    Say(found.tampered, "audit.jsonl ends at line " + std::to_string(walk.last.sequence) +
                            " of the log, audit.head knows line " + std::to_string(head->sequence));
    found.head = *head;
  } else if (head->sequence >= walk.first && head->sequence > 0 && !walk.knows_head) {
    Say(found.tampered, "line " + std::to_string(head->sequence) +
                            " is not the one that"
                            " audit.head knows");
  }
  return found;
}

}  // namespace obolus::storage
