// The processor that charges cards, as far as Commerce sees it: `Start` answers a flow's
// transaction with a `Finish` {result, data}, deciding by the test card; for a challenge it opens a
// record at its ACS. That record is the only authority on how the challenge ended: the browser's
// CRes is not. Thread-safe; used by Commerce and by the ACS pages.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/id.h"
#include "base/json.h"
#include "sandbox/acs_behaviours.h"
#include "sandbox/challenge_messages.h"
#include "sandbox/payment.h"

namespace obolus::sandbox {

class Processor {
 public:
  // `acs_url`: where challenges are shown.
  Processor(base::IdSource& ids, std::string acs_url) : ids_(ids), acs_url_(std::move(acs_url)) {}

  // Challenges that open from now on behave so, whatever the card; null: as the card says.
  void Play(const AcsBehaviour* behaviour);

  // Runs one transaction of the flow to its end.
  Finish Start(const PaymentFacts& payment, const AskProcessor& question);

  // How the challenge of that payment ended, by the ACS's own record; FAILED when it never ended.
  Finish ChallengeOutcome(const std::string& acs_trans_id) const;

  // How long the processor thinks about that outcome.
  base::Millis OutcomeTakes(const std::string& acs_trans_id) const;

  std::optional<AcsRecord> FindRecord(const std::string& acs_trans_id) const;
  // The first decision stands; false when there was one, or no such record.
  bool Decide(const std::string& acs_trans_id, AcsDecision decision);

  // The 3DS session of that challenge is open until then.
  void Opened(const std::string& acs_trans_id, base::Timestamp expires_at);

  void Forget(const std::string& acs_trans_id);
  void Reset();

 private:
  Finish Challenge(const PaymentFacts& payment, const AcsBehaviour* behaviour);

  base::IdSource& ids_;
  const std::string acs_url_;
  mutable std::mutex mutex_;  // behaviour_, records_
  const AcsBehaviour* behaviour_ = nullptr;
  std::unordered_map<std::string, AcsRecord> records_;  // by acs_trans_id
};

}  // namespace obolus::sandbox
