#include "domain/audit_record.h"

#include <array>
#include <utility>

#include "base/check.h"

namespace obolus::domain {
namespace {

constexpr auto kKinds = std::to_array<AuditKind>({
    AuditKind::kCardStored,
    AuditKind::kCardForwarded,
    AuditKind::kCardDeleted,
    AuditKind::kCardRewrapped,
    AuditKind::kProcessStarted,
    AuditKind::kProcessStopped,
    AuditKind::kConfigurationLoaded,
    AuditKind::kSessionInspected,
    AuditKind::kSessionCancelled,
    AuditKind::kEventShown,
    AuditKind::kEventReplayed,
    AuditKind::kBackupMade,
    AuditKind::kAuditRead,
    AuditKind::kCallerRefused,
    AuditKind::kClientCertificateRefused,
    AuditKind::kOperatorRefused,
    AuditKind::kForwardRefused,
    AuditKind::kCardTestingSuspected,
    AuditKind::kApiKeysChanged,
    AuditKind::kCertificatesChanged,
    AuditKind::kKeyRotated,
    AuditKind::kKeyRetired,
    AuditKind::kAuditStarted,
    AuditKind::kAuditStopped,
    AuditKind::kAuditRotated,
    AuditKind::kKeyCreated,
    AuditKind::kStoreMigrated,
    AuditKind::kSandboxEntered,
    AuditKind::kTamperSuspected,
});

}  // namespace

std::span<const AuditKind> AllAuditKinds() {
  return kKinds;
}

std::string_view ToString(AuditKind kind) {
  switch (kind) {
    case AuditKind::kCardStored:
      return "card_stored";
    case AuditKind::kCardForwarded:
      return "card_forwarded";
    case AuditKind::kCardDeleted:
      return "card_deleted";
    case AuditKind::kCardRewrapped:
      return "card_rewrapped";
    case AuditKind::kProcessStarted:
      return "process_started";
    case AuditKind::kProcessStopped:
      return "process_stopped";
    case AuditKind::kConfigurationLoaded:
      return "configuration_loaded";
    case AuditKind::kSessionInspected:
      return "session_inspected";
    case AuditKind::kSessionCancelled:
      return "session_cancelled";
    case AuditKind::kEventShown:
      return "event_shown";
    case AuditKind::kEventReplayed:
      return "event_replayed";
    case AuditKind::kBackupMade:
      return "backup_made";
    case AuditKind::kAuditRead:
      return "audit_read";
    case AuditKind::kCallerRefused:
      return "caller_refused";
    case AuditKind::kClientCertificateRefused:
      return "client_certificate_refused";
    case AuditKind::kOperatorRefused:
      return "operator_refused";
    case AuditKind::kForwardRefused:
      return "forward_refused";
    case AuditKind::kCardTestingSuspected:
      return "card_testing_suspected";
    case AuditKind::kApiKeysChanged:
      return "api_keys_changed";
    case AuditKind::kCertificatesChanged:
      return "certificates_changed";
    case AuditKind::kKeyRotated:
      return "key_rotated";
    case AuditKind::kKeyRetired:
      return "key_retired";
    case AuditKind::kAuditStarted:
      return "audit_started";
    case AuditKind::kAuditStopped:
      return "audit_stopped";
    case AuditKind::kAuditRotated:
      return "audit_rotated";
    case AuditKind::kKeyCreated:
      return "key_created";
    case AuditKind::kStoreMigrated:
      return "store_migrated";
    case AuditKind::kSandboxEntered:
      return "sandbox_entered";
    case AuditKind::kTamperSuspected:
      return "tamper_suspected";
  }
  std::unreachable();
}

}  // namespace obolus::domain
