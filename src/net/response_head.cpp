#include "net/response_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace obolus::net {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};

// RFC 9110 §15 and RFC 6585, what this house answers with; sorted by status.
constexpr auto kReasons = std::to_array<Reason>({
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
});

std::string_view PhraseOf(int status) {
  if (status == 200) return "OK";
  const auto found = std::ranges::lower_bound(kReasons, status, {}, &Reason::status);
  return found != kReasons.end() && found->status == status ? found->phrase : std::string_view{};
}

void AppendNumber(std::size_t number, std::string& out) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

bool IsTheEngines(std::string_view name) {
  switch (name.size()) {
    case 4:
      return EqualsIgnoreCase(name, "date");
    case 10:
      return EqualsIgnoreCase(name, "connection");
    case 14:
      return EqualsIgnoreCase(name, "content-length");
    case 17:
      return EqualsIgnoreCase(name, "transfer-encoding");
    default:
      return false;
  }
}

void AppendClean(std::string_view text, std::string& out) {
  const std::size_t start = out.size();
  out.append(text);
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
      [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
}

}  // namespace

void AppendResponse(const HttpResponse& response, Framing framing, std::string_view date,
                    std::string& out) {
  const bool no_body_at_all = response.status == 204 || response.status == 304;
  const bool with_body = !framing.head && !no_body_at_all && !framing.stream;
  out.reserve(out.size() + 256 + (with_body ? response.body.size() : 0));
  out.append("HTTP/1.1 ");
  AppendNumber(static_cast<std::size_t>(std::clamp(response.status, 200, 999)), out);
  out.append(" ").append(PhraseOf(response.status)).append("\r\n");
  out.append("Date: ").append(date).append("\r\n");
  for (const Header& header : response.headers) {
    if (IsTheEngines(header.name)) continue;
    AppendClean(header.name, out);
    out.append(": ");
    AppendClean(header.value, out);
    out.append("\r\n");
  }
  if (!framing.stream && !no_body_at_all) {
    out.append("Content-Length: ");
    AppendNumber(response.body.size(), out);
    out.append("\r\n");
  }
  if (framing.close || framing.stream) {
    out.append("Connection: close\r\n");
  } else if (framing.keep_alive) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
  if (with_body) out.append(response.body);
}

std::vector<Header> Http2Fields(const HttpResponse& response, std::optional<std::size_t> length,
                                std::string_view date) {
  std::vector<Header> fields;
  fields.reserve(response.headers.size() + 3);
  fields.push_back({":status", std::to_string(std::clamp(response.status, 200, 999))});
  fields.push_back({"date", std::string(date)});
  for (const Header& header : response.headers) {
    if (IsTheEngines(header.name) || EqualsIgnoreCase(header.name, "keep-alive")) continue;
    Header field;
    AppendClean(header.name, field.name);
    for (char& c : field.name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    AppendClean(header.value, field.value);
    fields.push_back(std::move(field));
  }
  if (length && response.status != 204 && response.status != 304) {
    fields.push_back({"content-length", std::to_string(*length)});
  }
  return fields;
}

std::string FormatHttpDate(std::int64_t seconds) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[std::chrono::weekday(day).c_encoding()], unsigned{date.day()},
                kMonths[unsigned{date.month()} - 1], int{date.year()},
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace obolus::net
