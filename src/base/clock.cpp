#include "base/clock.h"

namespace obolus::base {
namespace {

// Reads `count` digits at `at` and moves past them; -1 when they are not there.
int Digits(std::string_view text, std::size_t& at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (std::size_t end = at + count; at < end; ++at) {
    if (text[at] < '0' || text[at] > '9') return -1;
    value = value * 10 + (text[at] - '0');
  }
  return value;
}

bool Skip(std::string_view text, std::size_t& at, std::string_view any_of) {
  if (at >= text.size() || any_of.find(text[at]) == std::string_view::npos) return false;
  ++at;
  return true;
}

// The fraction after the seconds, as milliseconds; -1 when malformed, 0 when there is none.
int Fraction(std::string_view text, std::size_t& at) {
  if (!Skip(text, at, ".")) return 0;
  int millis = 0;
  std::size_t digits = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits) {
    if (digits < 3) millis = millis * 10 + (text[at] - '0');
  }
  if (digits == 0 || digits > 9) return -1;
  for (; digits < 3; ++digits) millis *= 10;
  return millis;
}

// The offset from UTC in minutes; nothing when malformed.
std::optional<int> Offset(std::string_view text, std::size_t& at) {
  if (Skip(text, at, "Zz")) return 0;
  const bool west = at < text.size() && text[at] == '-';
  if (!Skip(text, at, "+-")) return std::nullopt;
  const int hours = Digits(text, at, 2);
  if (hours < 0 || hours > 23 || !Skip(text, at, ":")) return std::nullopt;
  const int minutes = Digits(text, at, 2);
  if (minutes < 0 || minutes > 59) return std::nullopt;
  return (west ? -1 : 1) * (hours * 60 + minutes);
}

}  // namespace

Timestamp SystemClock::Now() const {
  return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
}

std::string FormatTime(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text = "0000-00-00T00:00:00.000Z";
  // By hand, for speed: each log line has one. Years have four digits here (RFC 3339).
  const auto put = [&text](std::size_t at, std::size_t digits, auto number) {
    auto rest = static_cast<unsigned>(number);
    for (; digits > 0; --digits, rest /= 10) {
      text[at + digits - 1] = static_cast<char>('0' + rest % 10);
    }
  };
  put(0, 4, static_cast<int>(date.year()));
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, clock.hours().count());
  put(14, 2, clock.minutes().count());
  put(17, 2, clock.seconds().count());
  put(20, 3, clock.subseconds().count());
  return text;
}

Result<Timestamp> ParseTime(std::string_view text) {
  const auto bad = [] { return Fail(ErrorCode::kMalformed, "not an RFC 3339 time"); };
  std::size_t at = 0;
  const int year = Digits(text, at, 4);
  if (year < 0 || !Skip(text, at, "-")) return bad();
  const int month = Digits(text, at, 2);
  if (month < 1 || !Skip(text, at, "-")) return bad();
  const int day = Digits(text, at, 2);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(std::max(day, 0)))};
  if (!date.ok() || !Skip(text, at, "Tt ")) return bad();
  const int hour = Digits(text, at, 2);
  if (hour < 0 || hour > 23 || !Skip(text, at, ":")) return bad();
  const int minute = Digits(text, at, 2);
  if (minute < 0 || minute > 59 || !Skip(text, at, ":")) return bad();
  const int second = Digits(text, at, 2);
  if (second < 0 || second > 60) return bad();  // 60: a leap second
  const int millis = Fraction(text, at);
  const auto offset = millis < 0 ? std::nullopt : Offset(text, at);
  if (!offset || at != text.size()) return bad();
  return Timestamp(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute - *offset) + std::chrono::seconds(second) + Millis(millis);
}

}  // namespace obolus::base
