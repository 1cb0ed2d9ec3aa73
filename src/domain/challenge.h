// The issuer's 3-D Secure challenge in its three wire shapes (contract §1.2): a page that the
// processor hosts, an EMV 3DS 2.x CReq, or the older pa_req/md pair. Pure values; URLs were checked
// by the caller (base/url).
#pragma once

#include <optional>
#include <string>
#include <variant>

namespace obolus::domain {

struct HostedChallenge {
  std::string url;
  bool operator==(const HostedChallenge&) const = default;
};

struct EmvChallenge {  // EMV 3DS 2.3.1 §5.8: posted as "creq" and "threeDSSessionData"
  std::string acs_url;
  std::string creq;                                  // base64url without padding
  std::optional<std::string> three_ds_session_data;  // at most 1024 characters
  bool operator==(const EmvChallenge&) const = default;
};

struct PaReqChallenge {  // 3-D Secure 1.0 form posting: "PaReq", "MD", "TermUrl"
  std::string acs_url;
  std::string pa_req;
  std::string md;
  bool operator==(const PaReqChallenge&) const = default;
};

using Challenge = std::variant<HostedChallenge, EmvChallenge, PaReqChallenge>;

// Where the shopper's browser goes: the url or the acs_url.
const std::string& ChallengeTarget(const Challenge& challenge);

}  // namespace obolus::domain
