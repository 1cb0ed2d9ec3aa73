// The text of audit.head beside an audit log: how far the log is, under an HMAC. It is what tells a
// log whose end was taken away from one that ends there. Written by storage/file_audit_log, read by
// the command that verifies; pure.
#pragma once

#include <string>
#include <string_view>

#include "base/hash_chain.h"

namespace obolus::app {

// Always of one length, so that it can be overwritten in its place.
std::string WriteAuditHead(base::ByteView key, const base::ChainHead& head);

// `key` empty: the HMAC is not looked at. Errors, in order: kMalformed, kForbidden (the HMAC is
// another's).
base::Result<base::ChainHead> ReadAuditHead(base::ByteView key, std::string_view text);

}  // namespace obolus::app
