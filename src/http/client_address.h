// Who is at the browser's end of a request that may have come through proxies. A forwarding header
// counts only as far as hops that the operator trusts have written it: it is read from the right,
// and the first address that is no trusted hop is the client's. What cannot be read is never
// believed, and nothing left of it either; then the nearest trusted hop stands for the client.
// Pure and for any thread; called by a guard of the shopper's router, so that limits, logs of the
// auditor and routes see one and the same address.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/router.h"
#include "net/http_message.h"

namespace obolus::http {

// IPv6, and IPv4 as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2), so that both spellings are one address.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  bool IsV4() const;
  bool operator==(const IpAddress&) const = default;
};

// Numeric, without port and zone. None: anything else.
std::optional<IpAddress> ParseIpAddress(std::string_view text);
std::string ToString(const IpAddress& address);

// What one subscriber is given, and so what is counted as one: an IPv4 address, an IPv6 /64.
// "203.0.113.7", "2001:db8:1:2::/64". Text that is no address comes back as it is.
std::string SubscriberOf(std::string_view address);
// What one site or small provider is given: an IPv4 /24, an IPv6 /48.
std::string SiteOf(std::string_view address);

// The field that the proxies write; the other one is whatever the client sent, so never looked at.
enum class ForwardedHeader : std::uint8_t { kXForwardedFor, kForwarded };

// One per hop, oldest first. An entry that cannot be read is empty. At most the last 64 entries.
std::vector<std::optional<IpAddress>> ReadForwarded(const net::Headers& headers,
                                                    ForwardedHeader header);

class TrustedProxies {
 public:
  TrustedProxies() = default;  // nobody

  // Addresses and CIDR blocks. kInvalid names the entry and what is wrong: no address, a prefix
  // that is out of range or 0, bits behind the prefix.
  static base::Result<TrustedProxies> Parse(const std::vector<std::string>& entries,
                                            ForwardedHeader header);

  // For whoever counts connections, too: one from a trusted proxy is not one client's.
  bool Contains(std::string_view address) const;
  // Numeric. The peer's own when it is no trusted proxy.
  std::string ClientOf(const net::HttpRequest& request) const;

 private:
  struct Block {
    IpAddress network;
    int prefix = 128;
  };
  bool Contains(const IpAddress& address) const;

  std::vector<Block> blocks_;
  ForwardedHeader header_ = ForwardedHeader::kXForwardedFor;
};

// Sets Exchange::client_address; refuses nobody.
Guard ResolveClient(TrustedProxies proxies);

}  // namespace obolus::http
