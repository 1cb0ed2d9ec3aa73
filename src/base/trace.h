// W3C Trace Context (https://www.w3.org/TR/trace-context/): the `traceparent` that arrives with
// Commerce's POST is kept with the session, and every event carries a child of it, so one trace
// covers the payment. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"

namespace obolus::base {

struct TraceParent {
  std::string trace_id;   // 32 lower-case hex digits, not all zero
  std::string parent_id;  // 16 lower-case hex digits, not all zero
  bool sampled = true;
};

// kMalformed: not version 00..fe of the format.
Result<TraceParent> ParseTraceParent(std::string_view header);
// "00-<trace>-<parent>-01"
std::string FormatTraceParent(const TraceParent& trace);
// A new root.
TraceParent NewTrace(IdSource& ids);
// "" when it is none.
std::string TraceIdOf(std::string_view traceparent);
// Same trace, fresh parent id.
TraceParent ChildOf(const TraceParent& trace, IdSource& ids);

}  // namespace obolus::base
