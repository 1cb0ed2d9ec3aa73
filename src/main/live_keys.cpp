#include "main/live_keys.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace obolus::main {
namespace {

using app::KeyKind;
using app::KeyState;

std::vector<app::SessionKeySecret> SessionSecrets(const vault::KeyRing& ring) {
  std::vector<app::SessionKeySecret> secrets;
  for (const std::uint8_t id : ring.SessionKeyIds()) {
    secrets.push_back({id, base::SecretBytes(ring.SessionKeyHmac(id))});
  }
  return secrets;
}

base::Gauge Age(base::Metrics& metrics, KeyKind kind) {
  return metrics.AddGauge("obolus_key_age_seconds",
                          "Since the key in use was taken into use, by kind; to alarm on.",
                          {{"kind", std::string(app::ToString(kind))}});
}

}  // namespace

LiveKeys::LiveKeys(OpenedKeys opened, base::IdSource& ids, const base::Clock& clock,
                   base::Metrics& metrics)
    : keychain(std::move(opened.ring), std::move(opened.storage), opened.spread, clock),
      session_keys(SessionSecrets(*keychain.ring())),
      envelope(keychain.ring()->EnvelopeKeys()),
      vault(keychain, ids, clock),
      clock_(clock),
      unreadable_(metrics.AddGauge("obolus_keys_unreadable",
                                   "1 while the key file cannot be read anew; this process goes on "
                                   "with the keys that it has.")),
      kek_age_seconds_(Age(metrics, KeyKind::kKeyEncryption)),
      session_age_seconds_(Age(metrics, KeyKind::kSession)),
      envelope_age_seconds_(Age(metrics, KeyKind::kEnvelope)),
      cards_to_rewrap_(metrics.AddGauge("obolus_cards_to_rewrap",
                                        "Sealed cards under older key-encryption keys, when last "
                                        "looked.")),
      cards_not_opened_(metrics.AddGauge("obolus_cards_not_opened",
                                         "Sealed cards that did not open at the last re-wrap.")),
      rewrapped_(metrics.AddCounter("obolus_cards_rewrapped_total",
                                    "Sealed cards whose key was wrapped under a newer "
                                    "key-encryption key.")) {
  keychain.OnChange([this](const vault::KeyRing& ring) { Changed(ring); });
}

void LiveKeys::Prepare(app::Store& store, base::Scheduler& scheduler) {
  scheduler_ = &scheduler;
  rewrap_ = std::make_unique<app::RewrapCards>(
      store, vault, scheduler, app::RewrapCards::Options{},
      [this](const app::RewrapProgress& progress) { Report(progress); });
  const std::lock_guard lock(mutex_);
  wrapped_under_ = vault.NewestKeyId();
}

void LiveKeys::Start() {
  rewrap_->Start();
  Round();
}

void LiveKeys::Stop() {
  if (rewrap_) rewrap_->Stop();
}

base::Status LiveKeys::Look() {
  const auto refreshed = keychain.Refresh();
  unreadable_.Set(refreshed ? 0 : 1);
  std::string failure = refreshed ? "" : refreshed.error().message;
  {
    const std::lock_guard lock(mutex_);
    if (failure == said_) failure.clear();
    if (refreshed) said_.clear();
    if (!failure.empty()) said_ = failure;
  }
  if (!failure.empty()) {
    base::Log(base::LogLevel::kError, "keys_unreadable", {{base::Field::kErrorText, failure}});
  }
  if (!refreshed) return std::unexpected(refreshed.error());
  return {};
}

void LiveKeys::Changed(const vault::KeyRing& ring) {
  session_keys.Replace(SessionSecrets(ring));
  envelope.Replace(ring.EnvelopeKeys());
  const std::string& newest = ring.CurrentKeyEncryptionKey().id;
  bool is_new = false;
  {
    const std::lock_guard lock(mutex_);
    is_new = !wrapped_under_.empty() && std::exchange(wrapped_under_, newest) != newest;
  }
  if (!is_new) return;
  base::Log(base::LogLevel::kInfo, "key_active", {{base::Field::kKeyId, newest}});
  rewrap_->Wake();
}

void LiveKeys::Report(const app::RewrapProgress& progress) {
  cards_to_rewrap_.Set(static_cast<double>(progress.waiting));
  cards_not_opened_.Set(static_cast<double>(progress.failed));
  const std::lock_guard lock(mutex_);
  rewrapped_.Add(
      static_cast<double>(progress.rewrapped - std::exchange(counted_, progress.rewrapped)));
}

void LiveKeys::Measure() {
  for (const app::KeyInfo& key : keychain.List()) {
    if (key.state != KeyState::kActive) continue;
    const base::Gauge& gauge = key.kind == KeyKind::kKeyEncryption ? kek_age_seconds_
                               : key.kind == KeyKind::kSession     ? session_age_seconds_
                                                                   : envelope_age_seconds_;
    gauge.Set(std::chrono::duration<double>(clock_.Now() - key.active_at).count());
  }
}

void LiveKeys::Round() {
  static_cast<void>(Look());  // says so itself
  Measure();
  scheduler_->After(kLookEvery, [this] { Round(); });
}

}  // namespace obolus::main
