// `obolus sessions show|cancel`: one session and its timeline, a line for each thing that happened;
// and giving up for a shopper who cannot. Asks the running server and gives the text to print;
// called by main/main, on the main thread.
#pragma once

#include <string>

#include "cli/operator_client.h"

namespace obolus::cli {

// `id`: of the session, its terminal or its payment. The text to print.
base::Result<std::string> ShowSession(const OperatorAddress& address, const std::string& id,
                                      bool json);

// The same of the session as it is afterwards. kInvalid: it has an outcome, or its time is over.
base::Result<std::string> CancelSession(const OperatorAddress& address, const std::string& id,
                                        bool json);

// A session as GET /sessions/{id} of the operator listener has it, for people: its members, then
// its timeline. Nothing in it reaches the terminal unescaped.
std::string DescribeSession(const base::json::object& session);

// "+00:12.345": hours only when there are some; "?" when a time cannot be read.
std::string SinceOpening(std::string_view opening, std::string_view at);

}  // namespace obolus::cli
