// Asks a running Obolus over its operator listener. The command line goes this way, not to the
// database, because the store has one writer. Blocking; used by cli/ only.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace obolus::cli {

struct OperatorAddress {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8445;
  std::string key{};  // with the scope operator, where one is asked for
};

// The operator's key: OBOLUS_OPERATOR_KEY, or the first line of the file that
// OBOLUS_OPERATOR_KEY_FILE names; empty without either.
std::string OperatorKeyIn(const std::map<std::string, std::string>& environment);

// The JSON of a 2xx. Errors: kUnavailable (nobody listens; the message says where and what to do),
// kNotFound, else kInvalid with the server's own message.
base::Result<base::json::value> Ask(const OperatorAddress& address, const std::string& method,
                                    const std::string& target);

}  // namespace obolus::cli
