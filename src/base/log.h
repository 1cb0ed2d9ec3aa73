// Diagnostics for operators: one JSON object a line on standard error. Fields come from a closed
// list (`Field`), so that nothing that was not meant to be logged can be: there is no free-form
// dump of bodies, headers or keys. Lines go to a bounded queue with a flush thread; when it is full
// they are counted and dropped, never waited for. Any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace obolus::base {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

// What a log line may say beside "time", "level" and "event".
enum class Field {
  kAddress,
  kAgeMs,
  kAheadMs,
  kAttempts,
  kCode,
  kCommercePort,
  kCount,
  kDetail,
  kDurationMs,
  kErrorText,
  kEventId,
  kEventType,
  kKeyId,
  kKind,
  kListener,
  kMember,
  kMethod,
  kOperatorPort,
  kOutcome,
  kPath,
  kPort,
  kRequestId,
  kRoute,
  kSessionId,
  kShopperPort,
  kSignal,
  kState,
  kStatus,
  kTerminalId,
  kTraceId,
  kUrl,
  kVersion,
};

// A view of what is logged: made in the call of Log, and not kept.
struct LogField {
  Field field;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

// Lines below `level` are dropped. May be called again; the default is kInfo.
void SetLogLevel(LogLevel level);

// `event` is a short constant such as "session_opened". Strings are cut at 512 bytes and escaped.
void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

// Writes out what is queued; call before the process ends.
void FlushLog();

// Lines dropped because the queue was full, since start.
std::uint64_t DroppedLogLines();

}  // namespace obolus::base
