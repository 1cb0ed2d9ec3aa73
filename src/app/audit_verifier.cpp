#include "app/audit_verifier.h"

#include <algorithm>
#include <utility>

namespace obolus::app {
namespace {

constexpr std::size_t kMostFaults = 100;

std::string LinesFromTo(std::uint64_t from, std::uint64_t to) {
  if (from == to) return "line " + std::to_string(from) + " of the log is missing before it";
  return "lines " + std::to_string(from) + " to " + std::to_string(to) +
         " of the log are missing before it";
}

}  // namespace

void AuditVerifier::Fault(std::string what) {
  AddFault({file_, line_, std::move(what)});
}

void AuditVerifier::AddFault(AuditFault fault) {
  ++report_.all_faults;
  if (report_.faults.size() < kMostFaults) report_.faults.push_back(std::move(fault));
}

void AuditVerifier::AddFile(const std::string& name, std::string_view text) {
  file_ = name;
  line_ = 0;
  ++report_.files;
  if (report_.unfinished_bytes > 0) Fault("the file before it ends within a line");
  report_.unfinished_bytes = 0;
  while (!text.empty()) {
    ++line_;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      report_.unfinished_bytes = text.size();
      return;
    }
    AddLine(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  if (line_ == 0) Fault("the file is empty");
}

void AuditVerifier::AddLine(std::string_view line) {
  const auto opened = base::OpenChainLine(key_, line);
  if (!opened) return Fault(opened.error().message);
  if (report_.first == 0) {
    report_.first = opened->sequence;
    before_first_ = opened->previous;
  } else if (opened->sequence > report_.head.sequence + 1) {
    Fault(LinesFromTo(report_.head.sequence + 1, opened->sequence - 1));
  } else if (opened->sequence <= report_.head.sequence) {
    Fault("line " + std::to_string(opened->sequence) + " of the log comes again, or too late");
  } else if (opened->previous != report_.head.hash) {
    Fault("the line before it is not the one that it was written after");
  }
  ++report_.lines;
  report_.head = opened->head;
  std::erase_if(heads_, [&](const auto& head) { return head.second == opened->head; });
  const auto entry = ReadAuditLine(key_, line);
  if (!entry) return Fault(entry.error().message);
  last_kind_ = entry->record.kind;
  report_.lost += entry->lost;
  if (entry->record.kind == domain::AuditKind::kAuditRotated) NoteRemoval(*entry);
  if (use_) use_(*entry, line);
}

void AuditVerifier::NoteRemoval(const AuditEntry& entry) {
  for (const auto& [name, value] : entry.record.details) {
    const auto head = base::ParseChainHead(value);
    if (name == kRemovedUpTo && head) removed_.push_back(*head);
  }
}

AuditReport AuditVerifier::Finish() {
  const base::ChainHead before{report_.first - 1, before_first_};
  if (report_.first > 1 && std::ranges::find(removed_, before) == removed_.end()) {
    AddFault({"", 0,
              "the log begins at line " + std::to_string(report_.first) +
                  ", and nothing in it says that those before were removed on purpose"});
  }
  if (report_.first == 1 && before_first_ != base::Sha256Digest()) {
    AddFault({"", 0, "the first line says that another came before it"});
  }
  for (const auto& [whence, head] : heads_) {
    if (head.sequence == 0 && head.hash == base::Sha256Digest()) continue;
    // What was removed on purpose is not asked for again.
    if (head.sequence < report_.first && report_.first > 1) continue;
    AddFault({"", 0,
              whence + " knows line " + std::to_string(head.sequence) +
                  " of the log, which is missing or another"});
  }
  const bool stopped = last_kind_ == domain::AuditKind::kAuditStopped;
  if (report_.unfinished_bytes > 0 && stopped) {
    AddFault({file_, line_, "bytes were added behind the end of the log"});
  }
  return std::move(report_);
}

}  // namespace obolus::app
