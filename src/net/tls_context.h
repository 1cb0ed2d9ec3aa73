// OpenSSL contexts made from the plain values of net/tls.h, and what a verified peer certificate
// says. Used by http_server when it starts and at each handshake.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "base/result.h"
#include "net/http_message.h"
#include "net/tls.h"

namespace obolus::net {

// TLS 1.3, or 1.2 with Mozilla's "intermediate" suites, as `tls` says; ALPN http/1.1 (and h2 before
// it); no tickets;
// sessions resume within two hours where no client certificates are asked for. kForbidden: a key
// that others may read. kInvalid: a file that cannot be read, a key that does not fit, client CAs
// or their revocation lists missing.
base::Result<boost::asio::ssl::context> MakeServerContext(const ServerTls& tls);

// The context of a server that may be replaced while it serves: new connections take the newest,
// those that are there keep theirs. Any thread.
class TlsSlot {
 public:
  using Context = std::shared_ptr<boost::asio::ssl::context>;

  // What is in use, null without TLS.
  Context Get() const {
    const std::lock_guard lock(mutex_);
    return context_;
  }
  void Set(Context context) {
    const std::lock_guard lock(mutex_);
    context_.swap(context);
  }

 private:
  mutable std::mutex mutex_;
  Context context_;
};

// Of the peer of a finished handshake; absent without a certificate, or one that was not verified.
std::optional<ClientCertificate> ReadPeerCertificate(SSL* ssl);

}  // namespace obolus::net
