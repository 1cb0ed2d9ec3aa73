// What an auditor wants to know afterwards (PCI DSS 4.0.1, 10.2.1 and 10.2.2): who did what to
// which thing, from where, when, and whether it went well. A closed list of kinds; values hold no
// secrets, no card data and nothing longer than kLongestDetail. Pure values; app/ports/audit_log
// keeps them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "domain/timeline.h"

namespace obolus::domain {

enum class AuditKind : std::uint8_t {
  // 10.2.1.1 individual access to cardholder data
  kCardStored,
  kCardForwarded,
  kCardDeleted,
  kCardRewrapped,
  // 10.2.1.2 actions with administrative access
  kProcessStarted,
  kProcessStopped,
  kConfigurationLoaded,
  kSessionInspected,
  kSessionCancelled,
  kEventShown,
  kEventReplayed,
  kBackupMade,
  // 10.2.1.3 access to audit logs
  kAuditRead,
  // 10.2.1.4 invalid logical access attempts
  kCallerRefused,             // no or a wrong API key, a certificate under another name
  kClientCertificateRefused,  // in the handshake
  kOperatorRefused,
  kForwardRefused,
  kCardTestingSuspected,  // limits, proof of work
  // 10.2.1.5 changes to identification and authentication credentials
  kApiKeysChanged,
  kCertificatesChanged,
  kKeyRotated,
  kKeyRetired,
  // 10.2.1.6 the audit log itself
  kAuditStarted,
  kAuditStopped,
  kAuditRotated,
  // 10.2.1.7 system-level objects, and what 10.4, 11.6.1 and 12.10 look for
  kKeyCreated,
  kStoreMigrated,
  kSandboxEntered,
  kTamperSuspected,  // a sealed record that does not open, a page that reports a script
};

std::string_view ToString(AuditKind kind);  // "card_stored", …
std::span<const AuditKind> AllAuditKinds();

struct AuditRecord {
  AuditKind kind = AuditKind::kProcessStarted;
  bool success = true;
  std::string actor{};   // "key:…", "cn:…", "shopper", "operator", "obolus"
  std::string origin{};  // address of who asked; empty: this process
  std::string object{};  // what it was done to: "card_session:…", "key:…", "session:…"
  Details details{};

  bool operator==(const AuditRecord&) const = default;
};

}  // namespace obolus::domain
