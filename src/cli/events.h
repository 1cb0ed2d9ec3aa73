// `obolus events list|show|replay`: what is on its way to Commerce, what was parked and why, and
// sending it again. Each asks the running server and gives the text to print; called by main/main,
// on the main thread.
#pragma once

#include <string>

#include "cli/operator_client.h"

namespace obolus::cli {

struct EventsQuery {
  std::string status;  // empty: all
  int limit = 100;
  bool json = false;  // for machines
};

// Each returns the text to print.
base::Result<std::string> ListEvents(const OperatorAddress& address, const EventsQuery& query);
base::Result<std::string> ShowEvent(const OperatorAddress& address, const std::string& id,
                                    bool json);
base::Result<std::string> ReplayEvent(const OperatorAddress& address, const std::string& id,
                                      bool json);

// One member a line; nested values as compact JSON; what others chose is escaped (cli/printable).
std::string Describe(const base::json::object& object);

// The rows of an event list as a table with a head.
std::string DescribeEvents(const base::json::array& events);

}  // namespace obolus::cli
