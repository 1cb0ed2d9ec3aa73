// Which client certificates a server believes, beyond a chain to its authority that holds
// (RFC 5280): made for clients (clientAuth must be there), by keys and signatures of today, with
// names that mean one thing only, not revoked by any list along the chain, and pinned where pins
// are set. Runs in each full handshake, on an engine thread, and again for connections that live
// on. What it finds wrong stands in the SSL until Refusal() takes it.
#pragma once

#include <openssl/ssl.h>

#include <string>

#include "base/result.h"
#include "net/handshake_fault.h"
#include "net/tls.h"

namespace obolus::net {

// Reads the authorities, revocation lists and pins of `tls` into `context`, and has every client
// certificate checked against them. kInvalid, naming the file: one that cannot be read, an
// authority without a list where lists are wanted.
base::Status CheckClientCertificates(SSL_CTX* context, const ServerTls& tls);

// The certificate of a connection's peer once more, by the rules and lists of `context`, which may
// be newer than the connection.
bool IsStillTrusted(SSL* ssl, SSL_CTX* context);

// Why the handshake of `ssl` failed: what this check found, else what OpenSSL says, `error` being
// its packed code (0: none). Without an address.
HandshakeRefusal RefusalOf(SSL* ssl, unsigned long error);

}  // namespace obolus::net
