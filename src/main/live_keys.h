// Everything that keys are used for, kept at the keys of the moment: the embedded vault, the
// envelope and session keys follow the keychain, the re-wrap begins when there is a new
// key-encryption key, and a look at the key file every second brings in what another process or the
// passing of time changed. Part of main/wiring; Look may come from any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "app/manage_keys.h"
#include "app/rewrap_cards.h"
#include "app/session_key.h"
#include "base/metrics.h"
#include "main/keys.h"
#include "vault/embedded_vault.h"
#include "vault/jwe_envelope.h"
#include "vault/keychain.h"

namespace obolus::main {

class LiveKeys {
 public:
  static constexpr base::Millis kLookEvery{1'000};

  // `ids` and `clock` outlive this; so do, from Prepare on, `store` and `scheduler`.
  LiveKeys(OpenedKeys opened, base::IdSource& ids, const base::Clock& clock,
           base::Metrics& metrics);

  void Prepare(app::Store& store, base::Scheduler& scheduler);
  void Start();
  void Stop();

  // Takes up what has changed; a file that cannot be read leaves the keys as they are, and says so
  // in the log and in a metric. For the timer, and for SIGHUP.
  base::Status Look();

  app::RewrapCards& rewrap() { return *rewrap_; }  // from Prepare on

  vault::Keychain keychain;
  app::SessionKeys session_keys;
  vault::JweEnvelope envelope;
  vault::EmbeddedVault vault;

 private:
  void Changed(const vault::KeyRing& ring);
  void Report(const app::RewrapProgress& progress);
  void Round();
  void Measure();

  const base::Clock& clock_;
  base::Scheduler* scheduler_ = nullptr;
  std::unique_ptr<app::RewrapCards> rewrap_;
  std::mutex mutex_;  // of what follows
  std::string wrapped_under_;
  std::string said_;  // the last failure, so that it is logged once
  std::int64_t counted_ = 0;
  base::Gauge unreadable_;
  base::Gauge kek_age_seconds_, session_age_seconds_, envelope_age_seconds_;
  base::Gauge cards_to_rewrap_, cards_not_opened_;
  base::Counter rewrapped_;
};

}  // namespace obolus::main
