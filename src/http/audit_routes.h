// What the command line asks of the audit log of a running Obolus: how far it is, and to record
// what a command did (the log was read, a backup was made), because it has one writer. Operator
// listener only. Also the guard that records whom another guard refused. Shapes: api/operator.yaml.
#pragma once

#include <functional>
#include <string>

#include "app/ports/audit_log.h"
#include "base/hash_chain.h"
#include "http/router.h"

namespace obolus::http {

struct AuditContext {
  app::AuditLog& audit;
  std::function<base::ChainHead()> head;  // of the last line on disk
};

// GET /audit; POST /audit/records?kind=&by=&detail=, whose answer, the same, comes when the record
// is on disk: kInvalid (a kind that is no command's), kUnavailable. What `context` refers to
// outlives the router.
void AddAuditRoutes(Router& router, AuditContext context);

// `guard`, and a record of `kind` for each request that it refuses.
Guard Audited(Guard guard, domain::AuditKind kind, std::string listener, app::AuditLog& audit);

// What an operator did through `exchange` to `object`.
domain::AuditRecord OperatorRecord(const Exchange& exchange, domain::AuditKind kind,
                                   std::string object);

}  // namespace obolus::http
