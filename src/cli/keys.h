// `obolus keys list|rotate|retire|rewrap` for people: the JSON of the operator listener's key
// routes as tables and sentences. Pure text, so that it is the same with a server and without one;
// called by main/keys_command.
#pragma once

#include <string>

#include "base/json.h"

namespace obolus::cli {

// A line for each key, then how the re-wrap stands. Nothing in it reaches the terminal unescaped.
std::string DescribeKeys(const base::json::value& answer);
std::string DescribeRotated(const base::json::value& answer);
std::string DescribeRetired(const base::json::value& answer);
std::string DescribeRewrap(const base::json::value& answer);

// May be part of a path: letters, digits, "-" and "_", 64 at most.
bool IsKeyId(std::string_view id);

}  // namespace obolus::cli
