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
#include "sandbox/payment.h"

namespace obolus::sandbox {

enum class AcsDecision { kPass, kFail, kCancel };

// "pass", "fail" or "cancel".
std::optional<AcsDecision> ParseAcsDecision(std::string_view text);

struct AcsRecord {
  std::string acs_trans_id;
  std::string server_trans_id;
  std::string notification_url;  // the card session's tds_return_url
  std::string payment_id;
  std::string merchant;
  std::string amount;  // for people: "42.00 EUR"
  std::optional<AcsDecision> decision;
};

// EMV 3DS 2.x challenge request, JSON in base64url (EMV 3DS 2.3.1 §6.2.4).
std::string MakeCReq(const AcsRecord& record);
// The CRes that the ACS posts back; `decision` pass is transStatus Y, else N, with challengeCancel
// 01 for cancel.
std::string MakeCRes(const AcsRecord& record, AcsDecision decision);

class Processor {
 public:
  // `acs_url`: where challenges are shown.
  Processor(base::IdSource& ids, std::string acs_url) : ids_(ids), acs_url_(std::move(acs_url)) {}

  // Runs one transaction of the flow to its end.
  Finish Start(const PaymentFacts& payment, const AskProcessor& question);

  // How the challenge of that payment ended, by the ACS's own record; FAILED when it never ended.
  Finish ChallengeOutcome(const std::string& acs_trans_id) const;

  std::optional<AcsRecord> FindRecord(const std::string& acs_trans_id) const;
  // The first decision stands; false when there was one, or no such record.
  bool Decide(const std::string& acs_trans_id, AcsDecision decision);

  void Forget(const std::string& acs_trans_id);
  void Reset();

 private:
  Finish Challenge(const PaymentFacts& payment);

  base::IdSource& ids_;
  const std::string acs_url_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, AcsRecord> records_;  // by acs_trans_id
};

}  // namespace obolus::sandbox
