#include "base/log.h"
#include "net/client_certificate_check.h"
#include "net/http_connection.h"

namespace obolus::net {
namespace {

constexpr std::chrono::minutes kTrustedFor{5};

}  // namespace

void Connection::HandshakeFailed(const boost::system::error_code& error) {
  const bool is_tls = error.category() == asio::error::get_ssl_category();
  HandshakeRefusal refusal =
      RefusalOf(tls_->native_handle(), is_tls ? static_cast<unsigned long>(error.value()) : 0);
  refusal.address = peer_.address;
  base::Log(base::LogLevel::kDebug, "tls_handshake_failed",
            {{base::Field::kListener, core_.options.name},
             {base::Field::kAddress, peer_.address},
             {base::Field::kErrorText, error.message()}});
  if (core_.options.handshake_refused && !core_.stopping) core_.options.handshake_refused(refusal);
}

// Whoever stays connected must not outlive what we think of its certificate: newer authorities and
// revocation lists count from the next request, and time itself from time to time.
void Connection::CheckPeerAgain() {
  if (!peer_.certificate) return;
  TlsSlot::Context newest = core_.tls.Get();
  const auto now = std::chrono::steady_clock::now();
  if (newest == trusted_by_ && now - trusted_at_ < kTrustedFor) return;
  if (!IsStillTrusted(tls_->native_handle(), newest->native_handle())) peer_.certificate.reset();
  trusted_by_ = std::move(newest);
  trusted_at_ = now;
}

}  // namespace obolus::net
