#include "net/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace obolus::net {
namespace {

struct Range4 {
  std::uint32_t first;
  int bits;
};

constexpr std::uint32_t Four(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24U | b << 16U | c << 8U | d;
}

constexpr std::array kNotPublic4 = {
    Range4{Four(0, 0, 0, 0), 8},        // this network
    Range4{Four(10, 0, 0, 0), 8},       // private use
    Range4{Four(100, 64, 0, 0), 10},    // shared between carriers and their customers
    Range4{Four(127, 0, 0, 0), 8},      // loopback
    Range4{Four(169, 254, 0, 0), 16},   // link-local, and clouds' metadata
    Range4{Four(172, 16, 0, 0), 12},    // private use
    Range4{Four(192, 0, 0, 0), 24},     // protocol assignments
    Range4{Four(192, 0, 2, 0), 24},     // documentation
    Range4{Four(192, 88, 99, 0), 24},   // 6to4 relays
    Range4{Four(192, 168, 0, 0), 16},   // private use
    Range4{Four(198, 18, 0, 0), 15},    // benchmarking
    Range4{Four(198, 51, 100, 0), 24},  // documentation
    Range4{Four(203, 0, 113, 0), 24},   // documentation
    Range4{Four(224, 0, 0, 0), 4},      // multicast
    Range4{Four(240, 0, 0, 0), 4},      // reserved, and broadcast
};

bool IsPublic4(std::uint32_t address) {
  return std::ranges::none_of(kNotPublic4, [address](const Range4& range) {
    const auto mask = static_cast<std::uint32_t>(std::uint64_t{0xffffffff} << (32 - range.bits));
    return (address & mask) == range.first;
  });
}

using Six = std::array<std::uint8_t, 16>;

bool StartsWith(const Six& address, const Six& prefix, int bits) {
  for (int bit = 0; bit < bits; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((address.at(byte) & mask) != (prefix.at(byte) & mask)) return false;
  }
  return true;
}

bool IsPublic6(const Six& address) {
  constexpr Six kNat64 = {0x00, 0x64, 0xff, 0x9b};
  if (StartsWith(address, kNat64, 96)) {
    return IsPublic4(Four(address[12], address[13], address[14], address[15]));
  }
  if (!StartsWith(address, {0x20}, 3)) return false;            // all that is global unicast today
  return !StartsWith(address, {0x20, 0x01}, 23) &&              // protocol assignments, Teredo
         !StartsWith(address, {0x20, 0x01, 0x0d, 0xb8}, 32) &&  // documentation
         !StartsWith(address, {0x20, 0x02}, 16) &&              // 6to4
         !StartsWith(address, {0x3f, 0xff}, 20);                // documentation
}

template <class T>
T As(const sockaddr& address) {
  T typed;
  std::memcpy(&typed, &address, sizeof(typed));
  return typed;
}

}  // namespace

std::string ToText(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.sa_family == AF_INET) {
    const auto four = As<sockaddr_in>(address);
    inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
  } else if (address.sa_family == AF_INET6) {
    const auto six = As<sockaddr_in6>(address);
    inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
  } else {
    return "?";
  }
  return text.data();
}

bool IsPublic(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    return IsPublic4(ntohl(As<sockaddr_in>(address).sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return false;
  const auto six = As<sockaddr_in6>(address);
  Six bytes;
  std::ranges::copy(six.sin6_addr.s6_addr, bytes.begin());
  return IsPublic6(bytes);
}

}  // namespace obolus::net
