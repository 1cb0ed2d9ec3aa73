// OpenSSL contexts made from the plain values of net/tls.h, and what a verified peer certificate
// says. Used by http_server when it starts and at each handshake.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <optional>

#include "base/result.h"
#include "net/http_message.h"
#include "net/tls.h"

namespace obolus::net {

// TLS 1.2 and 1.3, Mozilla "intermediate" suites, ALPN http/1.1 (and h2 before it), session tickets
// under a key of this process. kInvalid: a file that cannot be read, a key that does not fit,
// client CAs missing.
base::Result<boost::asio::ssl::context> MakeServerContext(const ServerTls& tls);

// Of the peer of a finished handshake; absent without a certificate, or one that was not verified.
std::optional<ClientCertificate> ReadPeerCertificate(SSL* ssl);

}  // namespace obolus::net
