// One HTTP/2 request as it comes, field by field and piece by piece, until it is the same
// `HttpRequest` that HTTP/1 gives (RFC 9113 §8.3). What nghttp2 has already refused does not come
// here: upper-case names, pseudo-headers in the wrong place, connection-specific fields, bodies of
// another length than they said. Used by http2_session; one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.h"
#include "net/refusal.h"

namespace obolus::net {

struct ServerLimits;

class Http2Request {
 public:
  explicit Http2Request(const ServerLimits& limits) : limits_(limits) {}

  // False: the header is so far beyond its limit that nobody need read on to answer it.
  bool AddField(std::string_view name, std::string_view value);
  void EndHead();
  // Of what came before EndHead, and of the body. The first fault counts, and nothing is kept after
  // it: 431 (too many or too large fields), 400, 501 and 414 of request_rules, 400 (host and
  // authority that differ or neither), 417, 413.
  void AddBody(std::string_view piece);
  void Refuse(Refusal refusal);

  const std::optional<Refusal>& refusal() const { return refusal_; }
  bool is_head() const { return is_head_; }
  bool expects_continue() const { return expects_continue_ && !refusal_; }
  std::size_t body_size() const { return request_.body.size(); }
  HttpRequest Take() { return std::move(request_); }

 private:
  void KeepField(std::string_view name, std::string_view value);
  void AddPseudo(std::string_view name, std::string_view value);

  const ServerLimits& limits_;
  HttpRequest request_;
  std::string method_;
  std::string target_;
  std::string authority_;
  std::string cookie_;
  std::size_t head_bytes_ = 0;
  std::size_t fields_ = 0;
  bool is_head_ = false;
  bool expects_continue_ = false;
  std::optional<Refusal> refusal_;
};

}  // namespace obolus::net
