#include "http/client_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <ranges>

namespace obolus::http {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kMappedBits = 96;
constexpr std::size_t kMostHops = 64;
constexpr std::size_t kLongestAddress = 45;  // of an IPv6 address with IPv4 digits at its end

bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

bool IsPort(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// RFC 7239 §6: IPv4[:port], [IPv6][:port]. Proxies write IPv6 without brackets too, into
// X-Forwarded-For; that cannot have a port.
std::optional<IpAddress> ParseNode(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && !(rest.front() == ':' && IsPort(rest.substr(1)))) return std::nullopt;
    const std::string_view inner = text.substr(1, end - 1);
    return inner.contains(':') ? ParseIpAddress(inner) : std::nullopt;
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    if (!IsPort(text.substr(colon + 1))) return std::nullopt;
    text = text.substr(0, colon);
  }
  return ParseIpAddress(text);
}

using Hops = std::vector<std::optional<IpAddress>>;

void ReadXForwardedFor(std::string_view line, Hops& hops) {
  for (const auto part : std::views::split(line, ',')) {
    hops.push_back(ParseNode(Trim(std::string_view(part.begin(), part.end()))));
  }
}

// One line of Forwarded (RFC 7239 §4): elements by comma, pairs by semicolon, values that are
// tokens or quoted strings.
class ForwardedLine {
 public:
  explicit ForwardedLine(std::string_view line) : rest_(line) {}

  // False: the line cannot be read.
  bool Read(Hops& hops) {
    while (true) {
      std::optional<std::string> node;
      if (!ReadElement(node)) return false;
      hops.push_back(node ? ParseNode(*node) : std::nullopt);
      if (rest_.empty()) return true;
      rest_.remove_prefix(1);  // the comma
    }
  }

 private:
  bool ReadElement(std::optional<std::string>& node) {
    while (true) {
      SkipBlanks();
      if (!rest_.empty() && rest_.front() != ',' && rest_.front() != ';' && !ReadPair(node)) {
        return false;
      }
      SkipBlanks();
      if (rest_.empty() || rest_.front() == ',') return true;
      if (rest_.front() != ';') return false;
      rest_.remove_prefix(1);
    }
  }

  bool ReadPair(std::optional<std::string>& node) {
    const std::size_t equals = rest_.find_first_of("=,;\" \t");
    if (equals == 0 || equals == std::string_view::npos || rest_[equals] != '=') return false;
    const std::string_view name = rest_.substr(0, equals);
    rest_.remove_prefix(equals + 1);
    std::string value;
    if (!ReadValue(value)) return false;
    if (!net::EqualsIgnoreCase(name, "for")) return true;
    if (node) return false;  // §4: once an element
    node = std::move(value);
    return true;
  }

  bool ReadValue(std::string& value) {
    if (!rest_.starts_with('"')) {
      const std::size_t end = std::min(rest_.find_first_of(",; \t\""), rest_.size());
      value = rest_.substr(0, end);
      rest_.remove_prefix(end);
      return !value.empty() && !rest_.starts_with('"');
    }
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '"') {
        rest_.remove_prefix(at + 1);
        return true;
      }
      if (rest_[at] == '\\' && ++at == rest_.size()) return false;
      value += rest_[at];
    }
    return false;
  }

  void SkipBlanks() {
    while (!rest_.empty() && IsBlank(rest_.front())) rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

void KeepBits(IpAddress& address, int prefix) {
  for (int bit = prefix; bit < 128; ++bit) {
    address.bytes[static_cast<std::size_t>(bit / 8)] &=
        static_cast<std::uint8_t>(~(0x80 >> (bit % 8)));
  }
}

std::string BlockOf(std::string_view text, int v4_prefix, int v6_prefix) {
  auto address = ParseIpAddress(text);
  if (!address) return std::string(text);
  const bool v4 = address->IsV4();
  if (v4 && v4_prefix == 32) return ToString(*address);
  KeepBits(*address, v4 ? kMappedBits + v4_prefix : v6_prefix);
  return ToString(*address) + "/" + std::to_string(v4 ? v4_prefix : v6_prefix);
}

auto Bad(const std::string& entry, const char* what) {
  return base::Fail(base::ErrorCode::kInvalid, entry + " " + what);
}

}  // namespace

bool IpAddress::IsV4() const {
  return std::ranges::equal(std::span(bytes).first<12>(), kMapped);
}

std::optional<IpAddress> ParseIpAddress(std::string_view text) {
  if (text.empty() || text.size() > kLongestAddress) return std::nullopt;
  const std::string terminated(text);
  if (terminated.contains('\0')) return std::nullopt;
  IpAddress address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  std::ranges::copy(kMapped, address.bytes.begin());
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data() + kMapped.size()) == 1) {
    return address;
  }
  return std::nullopt;
}

std::string ToString(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = address.IsV4() ? AF_INET : AF_INET6;
  const auto* from = address.bytes.data() + (address.IsV4() ? kMapped.size() : 0);
  return inet_ntop(family, from, text.data(), text.size());
}

std::string SubscriberOf(std::string_view address) {
  return BlockOf(address, 32, 64);
}

std::string SiteOf(std::string_view address) {
  return BlockOf(address, 24, 48);
}

std::vector<std::optional<IpAddress>> ReadForwarded(const net::Headers& headers,
                                                    ForwardedHeader header) {
  const bool standard = header == ForwardedHeader::kForwarded;
  Hops hops;
  for (const net::Header& field : headers) {
    if (!net::EqualsIgnoreCase(field.name, standard ? "Forwarded" : "X-Forwarded-For")) continue;
    if (!standard) {
      ReadXForwardedFor(field.value, hops);
      continue;
    }
    Hops line;
    if (!ForwardedLine(field.value).Read(line)) line = {std::nullopt};
    hops.insert(hops.end(), line.begin(), line.end());
  }
  if (hops.size() > kMostHops) hops.erase(hops.begin(), hops.end() - kMostHops);
  return hops;
}

base::Result<TrustedProxies> TrustedProxies::Parse(const std::vector<std::string>& entries,
                                                   ForwardedHeader header) {
  TrustedProxies proxies;
  proxies.header_ = header;
  for (const std::string& entry : entries) {
    const std::size_t slash = entry.find('/');
    const auto address = ParseIpAddress(std::string_view(entry).substr(0, slash));
    if (!address) return Bad(entry, "is no IP address or CIDR block");
    const bool v4 = address->IsV4() && !entry.contains(':');
    int prefix = v4 ? 32 : 128;
    if (slash != std::string::npos) {
      const char* end = entry.data() + entry.size();
      const auto read = std::from_chars(entry.data() + slash + 1, end, prefix);
      const bool whole = read.ec == std::errc() && read.ptr == end;
      if (!whole || prefix > (v4 ? 32 : 128)) return Bad(entry, "has a prefix that is no length");
      if (prefix < 1) return Bad(entry, "would trust everybody");
    }
    Block block{*address, v4 ? kMappedBits + prefix : prefix};
    KeepBits(block.network, block.prefix);
    if (block.network != *address) return Bad(entry, "has bits set behind its prefix");
    proxies.blocks_.push_back(block);
  }
  return proxies;
}

bool TrustedProxies::Contains(const IpAddress& address) const {
  return std::ranges::any_of(blocks_, [&](const Block& block) {
    IpAddress masked = address;
    KeepBits(masked, block.prefix);
    return masked == block.network;
  });
}

bool TrustedProxies::Contains(std::string_view address) const {
  const auto parsed = ParseIpAddress(address.substr(0, address.find('%')));
  return parsed && Contains(*parsed);
}

std::string TrustedProxies::ClientOf(const net::HttpRequest& request) const {
  const std::string& peer = request.peer.address;
  auto client = ParseIpAddress(std::string_view(peer).substr(0, peer.find('%')));
  if (!client) return peer;
  if (!Contains(*client)) return ToString(*client);
  const Hops hops = ReadForwarded(request.headers, header_);
  for (const auto& hop : std::views::reverse(hops)) {
    if (!hop) break;
    client = hop;
    if (!Contains(*hop)) break;
  }
  return ToString(*client);
}

Guard ResolveClient(TrustedProxies proxies) {
  return [proxies = std::move(proxies)](Exchange& exchange) {
    exchange.client_address = proxies.ClientOf(exchange.request);
    return true;
  };
}

}  // namespace obolus::http
