// An HTTP request from readable text, so that seeds can be read and written by people: the first
// line is "METHOD target", then headers "Name: value", an empty line, the body. Anything is taken;
// nothing is refused here. For targets behind the HTTP parser, which has a target of its own.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "net/http_message.h"

namespace obolus::fuzz {

// Up to and without `end`, which is taken off too; all of it when there is no `end`.
inline std::string_view TakeUntil(std::string_view* text, std::string_view end) {
  const std::size_t at = text->find(end);
  const std::string_view taken = text->substr(0, at);
  text->remove_prefix(at == std::string_view::npos ? text->size() : at + end.size());
  return taken;
}

inline net::Headers ReadHeaders(std::string_view* text) {
  net::Headers headers;
  while (headers.size() < 32) {
    std::string_view line = TakeUntil(text, "\n");
    if (line.empty()) break;
    const std::string_view name = TakeUntil(&line, ": ");
    headers.Add(std::string(name), std::string(line));
  }
  return headers;
}

inline net::HttpRequest ReadRequest(std::string_view text) {
  net::HttpRequest request;
  std::string_view line = TakeUntil(&text, "\n");
  request.method = TakeUntil(&line, " ");
  request.target = line;
  request.path = TakeUntil(&line, "?");
  request.query = line;
  request.headers = ReadHeaders(&text);
  request.body = text;
  return request;
}

// The first line is the status.
inline net::HttpResponse ReadResponse(std::string_view text) {
  net::HttpResponse response{.status = 0, .headers = {}, .body = {}};
  for (const char c : TakeUntil(&text, "\n")) {
    if (c >= '0' && c <= '9' && response.status < 1000) {
      response.status = response.status * 10 + (c - '0');
    }
  }
  response.headers = ReadHeaders(&text);
  response.body = text;
  return response;
}

}  // namespace obolus::fuzz
