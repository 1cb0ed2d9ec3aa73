#include "base/log.h"

#include <unistd.h>

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/clock.h"

namespace obolus::base {
namespace {

constexpr std::size_t kMaxQueuedLines = 8192;
constexpr std::size_t kMaxStringBytes = 512;
// Lines are gathered this long before they are written: one system call and one wake-up for many.
constexpr std::chrono::milliseconds kGatherTime{5};

constexpr std::array<std::string_view, 30> kFieldNames = {
    "address",     "attempts",   "code",        "commerce_port", "count",        "detail",
    "duration_ms", "error",      "event_id",    "event_type",    "key_id",       "kind",
    "listener",    "member",     "method",      "operator_port", "outcome",      "path",
    "port",        "request_id", "route",       "session_id",    "shopper_port", "signal",
    "state",       "status",     "terminal_id", "trace_id",      "url",          "version"};

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warn", "error"};

std::atomic<LogLevel> g_level{LogLevel::kInfo};

void AppendJsonString(fmt::memory_buffer& out, std::string_view text) {
  out.push_back('"');
  for (char c : text.substr(0, kMaxStringBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte >= 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void AppendValue(fmt::memory_buffer& out, const LogField& field) {
  if (const auto* text = std::get_if<std::string>(&field.value)) {
    AppendJsonString(out, *text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
    fmt::format_to(std::back_inserter(out), "{}", *integer);
  } else if (const auto* number = std::get_if<double>(&field.value)) {
    fmt::format_to(std::back_inserter(out), "{:.3f}", *number);
  } else {
    fmt::format_to(std::back_inserter(out), "{}", std::get<bool>(field.value));
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

  void Push(std::string line) {
    bool was_empty = false;
    {
      std::lock_guard lock(mutex_);
      was_empty = lines_.empty();
      if (lines_.size() >= kMaxQueuedLines) {
        ++dropped_;
        return;
      }
      lines_.push_back(std::move(line));
    }
    if (was_empty) wake_.notify_one();
  }

  void Flush() {
    std::unique_lock lock(mutex_);
    flushing_ = true;
    wake_.notify_one();
    idle_.wait_for(lock, std::chrono::seconds(2), [this] { return lines_.empty() && !writing_; });
  }

  std::uint64_t dropped() const { return dropped_; }

 private:
  void Run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return stop.stop_requested() || !lines_.empty(); });
      if (lines_.empty()) return;
      wake_.wait_for(lock, kGatherTime, [&] { return stop.stop_requested() || flushing_; });
      flushing_ = false;
      std::string text;
      for (const std::string& line : lines_) text += line;
      lines_.clear();
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
  std::deque<std::string> lines_;
  bool writing_ = false;
  bool flushing_ = false;  // somebody waits: write at once
  std::atomic<std::uint64_t> dropped_{0};
  std::jthread thread_;  // last, so that it starts after and ends before the rest
};

LineWriter& Writer() {
  static LineWriter writer;
  return writer;
}

}  // namespace

void SetLogLevel(LogLevel level) {
  g_level = level;
}

void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < g_level) return;
  fmt::memory_buffer out;
  fmt::format_to(std::back_inserter(out), R"({{"time":"{}","level":"{}","event":)",
                 FormatTime(SystemClock().Now()), kLevelNames[static_cast<std::size_t>(level)]);
  AppendJsonString(out, event);
  for (const LogField& field : fields) {
    fmt::format_to(std::back_inserter(out), R"(,"{}":)",
                   kFieldNames[static_cast<std::size_t>(field.field)]);
    AppendValue(out, field);
  }
  out.push_back('}');
  out.push_back('\n');
  Writer().Push(fmt::to_string(out));
}

void FlushLog() {
  Writer().Flush();
}

std::uint64_t DroppedLogLines() {
  return Writer().dropped();
}

}  // namespace obolus::base
