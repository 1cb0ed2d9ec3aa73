// Requests and responses as plain values (RFC 9110), the same for the server and the client. No
// business words and no library types, so that the parser behind them can be replaced.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace obolus::net {

struct Header {
  std::string name{};  // as sent; compared without case
  std::string value{};
};

class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> headers) : items_(headers) {}

  // The first value of that name, case-insensitive; nullptr when absent.
  const std::string* Find(std::string_view name) const;
  // How many headers have that name.
  std::size_t Count(std::string_view name) const;
  void Reserve(std::size_t count) { items_.reserve(count); }
  void Add(std::string name, std::string value) {
    items_.push_back({std::move(name), std::move(value)});
  }
  void Set(std::string_view name, std::string value);  // replaces all of that name

  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  std::size_t size() const { return items_.size(); }

 private:
  std::vector<Header> items_;
};

// Who is at the other end, as far as TLS and TCP know.
struct ClientCertificate {
  std::string subject_common_name{};
  std::vector<std::string> dns_names{};  // subjectAltName dNSName and URI entries
  std::string sha256_fingerprint{};      // lower-case hex
};

struct Peer {
  std::string address{};  // numeric, without port
  bool tls = false;
  std::optional<ClientCertificate> certificate{};  // present only when it was verified
};

struct HttpRequest {
  std::string method{};  // upper case
  std::string target{};  // as sent: path and query
  std::string path{};    // target up to '?', not decoded
  std::string query{};   // after '?', not decoded
  Headers headers{};
  std::string body{};
  Peer peer{};
};

struct HttpResponse {
  int status = 200;
  Headers headers{};  // content-length and connection are the engine's
  std::string body{};
};

bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// Of Retry-After (RFC 9110 §10.2.3) the delta seconds, at most a day; none when it is absent, a
// date or nonsense.
std::optional<base::Millis> RetryAfter(const HttpResponse& response);

}  // namespace obolus::net
