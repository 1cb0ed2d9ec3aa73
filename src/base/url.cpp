#include "base/url.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <cstddef>
#include <optional>

#include "base/encoding.h"

namespace obolus::base {
namespace {

constexpr std::size_t kMaxUrlBytes = 2048;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

char LowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = LowerCase(c);
  return lower;
}

std::uint16_t DefaultPort(std::string_view scheme) {
  return scheme == "https" ? 443 : 80;
}

// "127.0.0.1", so not "127.0.0.1.evil.example".
bool IsLoopbackV4(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  return boost::urls::parse_ipv4_address(host).has_value();
}

// Names only: RFC 3986 allows more in a reg-name, but ';', ',' or quotes there would end up in our
// Content-Security-Policy.
bool IsHostName(std::string_view host) {
  return std::ranges::all_of(host, [](char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_';
  });
}

// Browsers read a host whose last label is a number as IPv4 in odd spellings ("2130706433",
// "0x7f.1"), whatever RFC 3986 says (WHATWG URL §3.5 "ends in a number").
bool EndsInNumber(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::size_t dot = host.rfind('.');
  const std::string_view label = dot == std::string_view::npos ? host : host.substr(dot + 1);
  if (label.starts_with("0x")) return true;
  return !label.empty() && std::ranges::all_of(label, IsDigit);
}

Result<std::string> CheckedHost(const boost::urls::url_view& url) {
  switch (url.host_type()) {
    case boost::urls::host_type::ipv4:
      return url.host_ipv4_address().to_string();
    case boost::urls::host_type::ipv6:
      return "[" + std::string(url.host_ipv6_address().to_string()) + "]";
    case boost::urls::host_type::name:
      break;
    case boost::urls::host_type::ipvfuture:
    case boost::urls::host_type::none:
      return Invalid("", "has no host that we can reach");
  }
  std::string host = LowerCase(std::string_view(url.encoded_host()));
  if (host.empty() || host == ".") return Invalid("", "has no host");
  if (!IsHostName(host)) return Invalid("", "has a host with characters that no host name has");
  if (EndsInNumber(host)) return Invalid("", "has a host that is neither a name nor an address");
  return host;
}

Result<std::uint16_t> CheckedPort(const boost::urls::url_view& url, std::string_view scheme) {
  const std::string_view text = url.has_port() ? std::string_view(url.port()) : "";
  if (text.empty()) return DefaultPort(scheme);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    return Invalid("", "has a port that is not 1 to 65535");
  }
  return port;
}

std::string PathAndQuery(const boost::urls::url_view& url) {
  std::string path(std::string_view(url.encoded_path()));
  if (path.empty()) path = "/";
  if (url.has_query()) path.append("?").append(std::string_view(url.encoded_query()));
  return path;
}

std::optional<std::uint8_t> HexByte(std::string_view two_digits) {
  const Result<Bytes> byte = DecodeHex(two_digits);
  if (!byte) return std::nullopt;
  return byte->front();
}

}  // namespace

std::string Url::Origin() const {
  std::string origin = scheme + "://" + host;
  if (port != DefaultPort(scheme)) origin += ":" + std::to_string(port);
  return origin;
}

bool Url::IsLoopback() const {
  return host == "localhost" || host.ends_with(".localhost") || host == "[::1]" ||
         IsLoopbackV4(host);
}

Result<Url> ParseUrl(std::string_view text, HttpPolicy policy) {
  if (text.empty()) return Invalid("", "is empty; it must be an absolute https URL");
  if (text.size() > kMaxUrlBytes) return Invalid("", "is longer than 2048 bytes");
  if (std::ranges::any_of(
          text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; })) {
    return Invalid("", "holds a control character or a space");
  }
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) return Invalid("", "is not an absolute URL such as https://shop.example/done");
  const boost::urls::url_view& url = *parsed;

  Url result{std::string(text), LowerCase(std::string_view(url.scheme())), "", 0, ""};
  if (result.scheme != "https" && result.scheme != "http") {
    return Invalid("", "has a scheme other than https");
  }
  if (!url.has_authority()) return Invalid("", "has no host");
  if (url.has_userinfo()) return Invalid("", "must not carry a user name or password");
  // Boost.URL 1.81 ends the authority where it stops to understand it: to it,
  // "http://127.0.0.1.evil.example/" is the host 127.0.0.1 with the path ".evil.example/". RFC 3986
  // §3.3 has no such path behind an authority.
  const std::string_view path(url.encoded_path());
  if (!path.empty() && !path.starts_with('/')) {
    return Invalid("", "has a host or a port that cannot be read");
  }
  Result<std::string> host = CheckedHost(url);
  if (!host) return std::unexpected(std::move(host.error()));
  const Result<std::uint16_t> port = CheckedPort(url, result.scheme);
  if (!port) return std::unexpected(port.error());
  result.host = std::move(*host);
  result.port = *port;
  result.path = PathAndQuery(url);
  if (result.scheme == "http" && policy == HttpPolicy::kHttpsOnly) {
    return Invalid("", "must be https");
  }
  if (result.scheme == "http" && !result.IsLoopback()) {
    return Invalid("", "must be https (plain http is for loopback hosts only)");
  }
  return result;
}

Result<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (text.size() - i < 3) return Fail(ErrorCode::kMalformed, "a percent escape is cut short");
      const std::optional<std::uint8_t> byte = HexByte(text.substr(i + 1, 2));
      if (!byte) return Fail(ErrorCode::kMalformed, "a percent escape is not hex");
      decoded += static_cast<char>(*byte);
      i += 2;
    }
  }
  return decoded;
}

}  // namespace obolus::base
