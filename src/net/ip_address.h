// Which addresses of the Internet protocols are on the public Internet, and which lead inside: to
// this machine, its network, or a cloud's metadata service (IANA IPv4 and IPv6 Special-Purpose
// Address Registries, RFC 6890). For who connects where a stranger says. Pure.
#pragma once

#include <sys/socket.h>

#include <string>

namespace obolus::net {

// "127.0.0.1", "::1"; "?" for another family.
std::string ToText(const sockaddr& address);

// False for every range that is not globally reachable, for multicast and broadcast, for IPv6
// addresses that stand for an IPv4 address (mapped, 6to4, Teredo), and for other families. The
// prefix of NAT64 is as public as the IPv4 address in it.
bool IsPublic(const sockaddr& address);

}  // namespace obolus::net
