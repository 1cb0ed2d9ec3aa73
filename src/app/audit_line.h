// An audit record as a line of the log: JSON, ASCII only, whatever bytes the record holds, in the
// frame of base/hash_chain. Also how it is read again. Used by storage/file_audit_log, which
// writes, and by the commands that verify and export; pure. The members are described in
// docs/audit.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/hash_chain.h"
#include "domain/audit_record.h"

namespace obolus::app {

inline constexpr std::size_t kMostAuditDetails = 24;   // what is more is cut, which a detail says
inline constexpr std::size_t kLongestDetailName = 64;  // bytes
inline constexpr std::size_t kLongestAuditLine = std::size_t{64} * 1024;

// A record with what the log adds to it.
struct AuditEntry {
  std::uint64_t sequence = 0;  // from the chain
  base::Timestamp time;
  domain::AuditRecord record;
  std::string instance{};  // the host, or what [audit] calls this replica
  std::uint64_t lost = 0;  // records before this one that could not be kept

  bool operator==(const AuditEntry&) const = default;
};

// The members of the line, for HashChain::Append. Texts are cut at domain::kLongestDetail and
// cleaned by base/utf8; a detail's name that comes again gets "_2" and so on.
std::string WriteAuditMembers(const AuditEntry& entry);

// Errors, in order: those of base::OpenChainLine, kMalformed (authentic, but not ours: the
// members).
base::Result<AuditEntry> ReadAuditLine(base::ByteView key, std::string_view line);

std::optional<domain::AuditKind> ParseAuditKind(std::string_view text);

}  // namespace obolus::app
