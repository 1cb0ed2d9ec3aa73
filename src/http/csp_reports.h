// What browsers report when a page of ours tried to do what its Content-Security-Policy forbids
// (CSP 3 §5.3, Reporting API): somebody may have changed the page (PCI DSS 4.0.1, 11.6.1). Anybody
// can post here, so a report is untrusted text: read under limits and at most so many a minute,
// counted under names from closed lists, and logged without a path, a query or a sample, because
// the address of a page of ours holds its session key. Shopper listener only; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/ports/audit_log.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "http/router.h"

namespace obolus::http {

// One violation, fit for the log. `page` is card_frame, checkout, 3ds or other; `directive` a name
// of the standard or other.
struct CspViolation {
  std::string_view page;
  std::string_view directive;
  std::string blocked;  // "https://evil.example", "inline", …, "other"

  bool operator==(const CspViolation&) const = default;
};

// The violations in a body of application/csp-report (one) or application/reports+json (the first
// ten; reports of other types are passed over). kMalformed, kTooLarge as ParseJson.
base::Result<std::vector<CspViolation>> ReadCspReports(std::string_view body);

// POST /csp-reports. Answers 204 whatever the report says; kUnsupportedMediaType, kTooLarge (16
// KiB). Of 60 reports a minute each violation is logged as csp_violation, the rest is counted only.
// Each that is logged is recorded too: tamper_suspected.
void AddCspReportRoute(Router& router, const base::Clock& clock, base::Metrics& metrics,
                       app::AuditLog& audit);

}  // namespace obolus::http
