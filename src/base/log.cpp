#include "base/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/utf8.h"

namespace obolus::base {
namespace {

constexpr std::size_t kMaxQueuedLines = 8192;
constexpr std::size_t kMaxStringBytes = 512;
constexpr std::size_t kUsualLineBytes = 320;
// Lines are gathered this long before they are written: one system call and one wake-up for many.
constexpr std::chrono::milliseconds kGatherTime{5};

constexpr std::array<std::string_view, 32> kFieldNames = {
    "address",      "age_ms", "ahead_ms",    "attempts",   "code",        "commerce_port",
    "count",        "detail", "duration_ms", "error",      "event_id",    "event_type",
    "key_id",       "kind",   "listener",    "member",     "method",      "operator_port",
    "outcome",      "path",   "port",        "request_id", "route",       "session_id",
    "shopper_port", "signal", "state",       "status",     "terminal_id", "trace_id",
    "url",          "version"};

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warn", "error"};

std::atomic<LogLevel> g_level{LogLevel::kInfo};

template <class... Form>
void AppendNumber(std::string& out, auto number, Form... form) {
  std::array<char, 400> digits;  // of the largest double
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, form...).ptr;
  out.append(digits.data(), end);
}

void AppendValue(std::string& out, const LogField& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    AppendAsciiJson(out, *text, kMaxStringBytes);
  } else if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
    AppendNumber(out, *integer);
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    AppendNumber(out, *number, std::chars_format::fixed, 3);
  } else {
    out.append(std::get<bool>(field.value) ? "true" : "false");
  }
}

// Lines wait here for the thread that writes them, so that no request ever waits for a terminal or
// a pipe.
class LineWriter {
 public:
  LineWriter() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  ~LineWriter() {
    thread_.request_stop();
    wake_.notify_all();
  }

  void Push(std::string_view line) {
    {
      std::lock_guard lock(mutex_);
      if (lines_ >= kMaxQueuedLines) {
        ++dropped_;
        return;
      }
      text_.append(line);
      if (++lines_ > 1) return;
    }
    wake_.notify_one();
  }

  void Flush() {
    std::unique_lock lock(mutex_);
    flushing_ = true;
    wake_.notify_one();
    idle_.wait_for(lock, std::chrono::seconds(2), [this] { return lines_ == 0 && !writing_; });
  }

  std::uint64_t dropped() const { return dropped_; }
  void CountDropped() { ++dropped_; }

 private:
  void Run(const std::stop_token& stop) {
    std::string text;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return stop.stop_requested() || lines_ > 0; });
      if (lines_ == 0) return;
      wake_.wait_for(lock, kGatherTime, [&] { return stop.stop_requested() || flushing_; });
      flushing_ = false;
      text.clear();
      text.swap(text_);
      lines_ = 0;
      writing_ = true;
      lock.unlock();
      WriteAll(text);
      lock.lock();
      writing_ = false;
      idle_.notify_all();
    }
  }

  static void WriteAll(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
      if (written <= 0) return;  // nobody listens; a log must not stop the service
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::string text_;       // of the lines that wait
  std::size_t lines_ = 0;  // how many
  bool writing_ = false;
  bool flushing_ = false;  // somebody waits: write at once
  std::atomic<std::uint64_t> dropped_{0};
  std::jthread thread_;  // last, so that it starts after and ends before the rest
};

LineWriter& Writer() {
  static LineWriter writer;
  return writer;
}

std::string Format(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  std::string line;
  line.reserve(kUsualLineBytes);
  line.append(R"({"time":")").append(FormatTime(SystemClock().Now()));
  line.append(R"(","level":")").append(kLevelNames[static_cast<std::size_t>(level)]);
  line.append(R"(","event":)");
  AppendAsciiJson(line, event, kMaxStringBytes);
  for (const LogField& field : fields) {
    line.append(",\"").append(kFieldNames[static_cast<std::size_t>(field.field)]).append("\":");
    AppendValue(line, field);
  }
  line.append("}\n");
  return line;
}

}  // namespace

void SetLogLevel(LogLevel level) {
  g_level = level;
}

void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < g_level) return;
  try {
    Writer().Push(Format(level, event, fields));
  } catch (const std::bad_alloc&) {
    Writer().CountDropped();  // whoever logs has better things to do than to fail for it
  }
}

void FlushLog() {
  Writer().Flush();
}

std::uint64_t DroppedLogLines() {
  return Writer().dropped();
}

}  // namespace obolus::base
