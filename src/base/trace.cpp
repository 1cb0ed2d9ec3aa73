#include "base/trace.h"

#include <algorithm>

#include "base/encoding.h"

namespace obolus::base {
namespace {

bool IsLowerHex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsZero(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '0'; });
}

std::string NewParentId(IdSource& ids) {
  const Uuid random = ids.NewUuid();
  // The last eight bytes hold the variant bits, so they are never all zero.
  return EncodeHex(ByteView(random.bytes).subspan(8));
}

}  // namespace

Result<TraceParent> ParseTraceParent(std::string_view header) {
  const auto bad = [] { return Fail(ErrorCode::kMalformed, "not a traceparent"); };
  if (header.size() < 55 || header[2] != '-' || header[35] != '-' || header[52] != '-')
    return bad();
  const std::string_view version = header.substr(0, 2);
  const std::string_view trace_id = header.substr(3, 32);
  const std::string_view parent_id = header.substr(36, 16);
  const std::string_view flags = header.substr(53, 2);
  if (!IsLowerHex(version) || version == "ff" || !IsLowerHex(flags)) return bad();
  // A later version may add members behind another dash; version 00 may not.
  if (header.size() > 55 && (version == "00" || header[55] != '-')) return bad();
  if (!IsLowerHex(trace_id) || IsZero(trace_id)) return bad();
  if (!IsLowerHex(parent_id) || IsZero(parent_id)) return bad();
  const bool sampled = std::string_view("13579bdf").find(flags[1]) != std::string_view::npos;
  return TraceParent{std::string(trace_id), std::string(parent_id), sampled};
}

std::string FormatTraceParent(const TraceParent& trace) {
  return "00-" + trace.trace_id + "-" + trace.parent_id + (trace.sampled ? "-01" : "-00");
}

std::string TraceIdOf(std::string_view traceparent) {
  auto trace = ParseTraceParent(traceparent);
  return trace ? std::move(trace->trace_id) : std::string();
}

TraceParent NewTrace(IdSource& ids) {
  return {EncodeHex(ids.NewUuid().bytes), NewParentId(ids), true};
}

TraceParent ChildOf(const TraceParent& trace, IdSource& ids) {
  return {trace.trace_id, NewParentId(ids), trace.sampled};
}

}  // namespace obolus::base
