#include "net/ip_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

namespace obolus::net {
namespace {

// What the text names, as a name server would have answered.
sockaddr_storage Parse(const char* text) {
  sockaddr_storage storage{};
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    std::memcpy(&storage, &four, sizeof(four));
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, text, &six.sin6_addr), 1) << text;
    six.sin6_family = AF_INET6;
    std::memcpy(&storage, &six, sizeof(six));
  }
  return storage;
}

bool IsPublicText(const char* text) {
  const sockaddr_storage storage = Parse(text);
  return IsPublic(reinterpret_cast<const sockaddr&>(storage));
}

TEST(IpAddress, WhatLeadsInsideIsNotPublic) {
  for (const char* inside : {"0.0.0.0",
                             "0.255.255.255",
                             "10.0.0.0",
                             "10.255.255.255",
                             "100.64.0.0",
                             "100.127.255.255",
                             "127.0.0.1",
                             "127.255.255.255",
                             "169.254.0.0",
                             "169.254.169.254",
                             "169.254.170.2",
                             "172.16.0.0",
                             "172.31.255.255",
                             "192.0.0.192",
                             "192.0.2.1",
                             "192.88.99.1",
                             "192.168.0.0",
                             "192.168.255.255",
                             "198.18.0.0",
                             "198.19.255.255",
                             "198.51.100.1",
                             "203.0.113.1",
                             "224.0.0.1",
                             "239.255.255.255",
                             "240.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "::ffff:127.0.0.1",
                             "::ffff:8.8.8.8",
                             "::127.0.0.1",
                             "64:ff9b::127.0.0.1",
                             "64:ff9b::169.254.169.254",
                             "64:ff9b::10.0.0.1",
                             "64:ff9b:1::1",
                             "100::1",
                             "fc00::1",
                             "fd00:ec2::254",
                             "fe80::1",
                             "fec0::1",
                             "ff02::1",
                             "2001::1",
                             "2001:10::1",
                             "2001:20::1",
                             "2001:1ff:ffff::",
                             "2001:db8::1",
                             "2002:7f00:1::",
                             "3fff::1",
                             "4000::1",
                             "e000::1"}) {
    EXPECT_FALSE(IsPublicText(inside)) << inside;
  }
}

TEST(IpAddress, TheRestIsPublic) {
  for (const char* outside :
       {"1.0.0.0",         "8.8.8.8",         "9.255.255.255",   "11.0.0.0",
        "100.63.255.255",  "100.128.0.0",     "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0",     "172.15.255.255",  "172.32.0.0",
        "192.0.1.0",       "192.167.255.255", "192.169.0.0",     "198.17.255.255",
        "198.20.0.0",      "223.255.255.255", "2001:200::1",     "2606:4700::1111",
        "2a00:1450::1",    "3ffe::1",         "64:ff9b::8.8.8.8"}) {
    EXPECT_TRUE(IsPublicText(outside)) << outside;
  }
}

TEST(IpAddress, AnotherFamilyIsNotPublic) {
  sockaddr local{};
  local.sa_family = AF_UNIX;
  EXPECT_FALSE(IsPublic(local));
  EXPECT_EQ(ToText(local), "?");
}

TEST(IpAddress, IsToldAsText) {
  for (const char* text : {"127.0.0.1", "2606:4700::1111"}) {
    const sockaddr_storage storage = Parse(text);
    EXPECT_EQ(ToText(reinterpret_cast<const sockaddr&>(storage)), text);
  }
}

}  // namespace
}  // namespace obolus::net
