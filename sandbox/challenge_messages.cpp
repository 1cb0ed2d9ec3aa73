#include "sandbox/challenge_messages.h"

#include "base/encoding.h"
#include "base/json.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

constexpr std::string_view kMessageVersion = "2.2.0";
constexpr std::string_view kUnknownVersion = "9.9.9";
constexpr std::size_t kTooLongSessionData = 1025;
constexpr std::size_t kOversize = 400'000;  // more than any listener of Obolus takes

AcsMove MoveOf(const AcsRecord& record) {
  return record.behaviour ? record.behaviour->move : AcsMove::kAnswer;
}

std::string Encode(const json::object& message) {
  return base::EncodeBase64Url(base::AsBytes(base::ToText(message)));
}

json::object CResOf(const AcsRecord& record, AcsDecision decision) {
  const char status = TransStatusOf(decision);
  json::object cres{{"threeDSServerTransID", record.server_trans_id},
                    {"acsTransID", record.acs_trans_id},
                    {"messageType", "CRes"},
                    {"messageVersion", kMessageVersion},
                    {"challengeCompletionInd", "Y"},
                    {"transStatus", std::string(1, status)}};
  if (decision == AcsDecision::kCancel) cres["challengeCancel"] = "01";
  return cres;
}

// A base64url text whose length asks for padding, with that padding: blanks at the end of the JSON
// until it does.
std::string Padded(const json::object& message) {
  std::string text = base::ToText(message);
  while (text.size() % 3 == 0) text += ' ';
  return base::EncodeBase64Url(base::AsBytes(text)) + (text.size() % 3 == 1 ? "==" : "=");
}

}  // namespace

std::string MakeCReq(const AcsRecord& record) {
  return Encode({{"threeDSServerTransID", record.server_trans_id},
                 {"acsTransID", record.acs_trans_id},
                 {"messageType", "CReq"},
                 {"messageVersion", kMessageVersion},
                 {"challengeWindowSize", record.behaviour ? record.behaviour->window_size : "05"}});
}

std::string MakeCRes(const AcsRecord& record, AcsDecision decision) {
  return Encode(CResOf(record, decision));
}

std::string MakePlayedCRes(const AcsRecord& record, AcsDecision decision) {
  json::object cres = CResOf(record, decision);
  switch (MoveOf(record)) {
    case AcsMove::kOtherIds:
      // Well-formed, and of nobody here: the ids are this challenge's, read backwards.
      cres["acsTransID"] = std::string(record.acs_trans_id.rbegin(), record.acs_trans_id.rend());
      cres["threeDSServerTransID"] =
          std::string(record.server_trans_id.rbegin(), record.server_trans_id.rend());
      cres["transStatus"] = "Y";
      return Encode(cres);
    case AcsMove::kSayPass:
      cres["transStatus"] = "Y";
      return Encode(cres);
    case AcsMove::kWrongVersion:
      cres["messageVersion"] = kUnknownVersion;
      return Encode(cres);
    case AcsMove::kPadded:
      return Padded(cres);
    case AcsMove::kOversized:
      cres["transStatus"] = "Y";
      cres["messageExtension"] = std::string(kOversize, 'x');
      return Encode(cres);
    case AcsMove::kNotBase64Url:
      return "{\"transStatus\":\"Y\"} <b>&amp; \xE2\x82\xAC";
    default:
      return Encode(cres);
  }
}

std::string PlayedSessionData(const AcsRecord& record, const std::string& given) {
  return MoveOf(record) == AcsMove::kGrowSessionData ? TooLongSessionData() : given;
}

std::string TooLongSessionData() {
  return std::string(kTooLongSessionData, 'A');
}

}  // namespace obolus::sandbox
