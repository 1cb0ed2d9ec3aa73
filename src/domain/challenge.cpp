#include "domain/challenge.h"

namespace obolus::domain {

const std::string& ChallengeTarget(const Challenge& challenge) {
  if (const auto* hosted = std::get_if<HostedChallenge>(&challenge)) return hosted->url;
  if (const auto* emv = std::get_if<EmvChallenge>(&challenge)) return emv->acs_url;
  return std::get<PaReqChallenge>(challenge).acs_url;
}

}  // namespace obolus::domain
