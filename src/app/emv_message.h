// One EMV 3DS message as a browser carries it (EMV 3DS 2.3.1 §5.8, §5.9): a CReq, CRes or Erro,
// JSON in base64url. Read with patience, because issuers send padding, the other alphabet and white
// space, and nothing depends on what it says: no member of it is a verdict. Used for what a state
// of the client protocol tells of a CReq, and by http/challenge_return. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace obolus::app {

// Members that are absent, or not of the form that the standard gives them, are absent here.
struct EmvMessage {
  std::string type;  // messageType: "CReq", "CRes", "Erro"; "" when it has none
  std::optional<std::string> acs_trans_id{};
  std::optional<std::string> three_ds_server_trans_id{};
  std::optional<std::string> message_version{};   // "2.2.0"
  std::optional<std::string> window_size{};       // challengeWindowSize, "01" to "05"
  std::optional<std::string> trans_status{};      // one of Y N U A C R D I
  std::optional<std::string> challenge_cancel{};  // two digits
  std::optional<std::string> error_code{};        // three digits
  bool operator==(const EmvMessage&) const = default;
};

// Nothing when the text is no JSON object, bare or in base64 of either alphabet, or is over 64 KiB.
std::optional<EmvMessage> ReadEmvMessage(std::string_view text);

}  // namespace obolus::app
