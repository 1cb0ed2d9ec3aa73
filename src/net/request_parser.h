// Bytes of one connection to requests (RFC 9112), with everything refused that two parsers could
// read differently: folded headers, both framings at once or one twice, bare line feeds, unknown
// codings, chunk extensions, trailers. Holds the read buffer. The parsing is Beast's; it does not
// show here. One connection, one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "net/http_message.h"
#include "net/refusal.h"

namespace obolus::net {

class RequestParser {
 public:
  enum class Step {
    kMore,      // read more
    kContinue,  // the client waits for "100 Continue" before it sends the body; then as kMore
    kComplete,  // Take() the request
    kRefused,   // answer refusal() and close
  };

  using Refusal = net::Refusal;

  RequestParser(std::size_t max_header_bytes, std::size_t max_body_bytes);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Where to read to, never empty; then Commit what was read.
  std::span<char> Space();
  void Commit(std::size_t size);

  // Goes as far as the bytes allow. After kComplete and Take, the next call begins the next
  // request.
  Step Parse();

  HttpRequest Take();
  const Refusal& refusal() const;
  bool started() const;     // bytes of a request that is not complete have arrived
  bool keep_alive() const;  // of the request last completed
  bool http_1_0() const;
  bool head() const;  // its method was HEAD

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace obolus::net
