#include "main/handshake_watch.h"

#include <utility>

namespace obolus::main {
namespace {

constexpr std::chrono::minutes kMinute{1};

}  // namespace

HandshakeWatch::HandshakeWatch(std::string listener, base::Metrics& metrics,
                               const base::Clock& clock, app::AuditLog& audit)
    : listener_(std::move(listener)), clock_(clock), audit_(audit) {
  for (const net::HandshakeFault fault : net::AllHandshakeFaults()) {
    counters_[fault] = metrics.AddCounter(
        "obolus_tls_handshakes_refused_total", "TLS handshakes that came to nothing, by reason.",
        {{"listener", listener_}, {"reason", std::string(net::ToString(fault))}});
  }
}

void HandshakeWatch::Refused(const net::HandshakeRefusal& refusal) {
  counters_.at(refusal.fault).Add();
  if (!net::IsAboutCertificate(refusal.fault)) return;
  std::int64_t left_out = 0;
  {
    const std::lock_guard lock(mutex_);
    const base::Timestamp now = clock_.Now();
    if (now - minute_begins_ >= kMinute) {
      minute_begins_ = now;
      records_ = 0;
    }
    if (records_ == kRecordsAMinute) {
      ++left_out_;
      return;
    }
    ++records_;
    left_out = std::exchange(left_out_, 0);
  }
  domain::AuditRecord record{.kind = domain::AuditKind::kClientCertificateRefused,
                             .success = false,
                             .actor = refusal.subject.empty() ? "" : "subject:" + refusal.subject,
                             .origin = refusal.address,
                             .object = "listener:" + listener_};
  record.details.emplace_back("reason", net::ToString(refusal.fault));
  record.details.emplace_back("detail", refusal.detail);
  if (!refusal.fingerprint.empty()) {
    record.details.emplace_back("fingerprint", refusal.fingerprint);
  }
  if (left_out > 0) record.details.emplace_back("left_out_before", std::to_string(left_out));
  audit_.Record(std::move(record));
}

}  // namespace obolus::main
