#include "http/client_address.h"

#include <gtest/gtest.h>

#include <random>

namespace obolus::http {
namespace {

struct Case {
  const char* name;
  const char* peer;
  net::Headers headers;
  const char* client;
};

const std::vector<std::string> kProxies = {"10.0.0.0/8", "192.0.2.1", "2001:db8:ffff::/48"};

std::string Client(const Case& one, ForwardedHeader header) {
  const auto proxies = TrustedProxies::Parse(kProxies, header);
  EXPECT_TRUE(proxies);
  net::HttpRequest request;
  request.peer.address = one.peer;
  request.headers = one.headers;
  return proxies->ClientOf(request);
}

TEST(ClientAddress, XForwardedForCountsAsFarAsTrustedHopsWroteIt) {
  const std::vector<Case> cases = {
      {"no header", "203.0.113.9", {}, "203.0.113.9"},
      {"a stranger's header", "203.0.113.9", {{"X-Forwarded-For", "198.51.100.1"}}, "203.0.113.9"},
      {"one hop", "10.1.2.3", {{"X-Forwarded-For", "198.51.100.1"}}, "198.51.100.1"},
      {"spoofed before the hop",
       "10.1.2.3",
       {{"X-Forwarded-For", "1.1.1.1, 8.8.8.8, 198.51.100.1"}},
       "198.51.100.1"},
      {"a spoof that names a trusted hop",
       "10.1.2.3",
       {{"X-Forwarded-For", "1.1.1.1, 10.0.0.1, 198.51.100.1"}},
       "198.51.100.1"},
      {"two hops", "10.1.2.3", {{"X-Forwarded-For", "198.51.100.1, 192.0.2.1"}}, "198.51.100.1"},
      {"two lines are one list",
       "10.1.2.3",
       {{"X-Forwarded-For", "1.1.1.1"}, {"x-forwarded-for", "198.51.100.1"}},
       "198.51.100.1"},
      {"hops all the way", "10.1.2.3", {{"X-Forwarded-For", "10.0.0.7, 10.0.0.8"}}, "10.0.0.7"},
      {"no address where the hop wrote",
       "10.1.2.3",
       {{"X-Forwarded-For", "198.51.100.1, nonsense"}},
       "10.1.2.3"},
      {"empty entry", "10.1.2.3", {{"X-Forwarded-For", "198.51.100.1, "}}, "10.1.2.3"},
      {"empty header", "10.1.2.3", {{"X-Forwarded-For", ""}}, "10.1.2.3"},
      {"nonsense behind a second hop",
       "10.1.2.3",
       {{"X-Forwarded-For", "198.51.100.1, %, 10.9.9.9"}},
       "10.9.9.9"},
      {"port", "10.1.2.3", {{"X-Forwarded-For", "198.51.100.1:4711"}}, "198.51.100.1"},
      {"no port", "10.1.2.3", {{"X-Forwarded-For", "198.51.100.1:x"}}, "10.1.2.3"},
      {"octal", "10.1.2.3", {{"X-Forwarded-For", "0310.51.100.1"}}, "10.1.2.3"},
      {"IPv6", "2001:db8:ffff::1", {{"X-Forwarded-For", "2001:DB8:0:0::5"}}, "2001:db8::5"},
      {"IPv6 with port", "10.1.2.3", {{"X-Forwarded-For", "[2001:db8::5]:9"}}, "2001:db8::5"},
      {"open bracket", "10.1.2.3", {{"X-Forwarded-For", "[2001:db8::5"}}, "10.1.2.3"},
      {"mapped hop", "::ffff:10.1.2.3", {{"X-Forwarded-For", "198.51.100.1"}}, "198.51.100.1"},
      {"mapped client", "10.1.2.3", {{"X-Forwarded-For", "::ffff:198.51.100.1"}}, "198.51.100.1"},
      {"the other header is the client's own",
       "10.1.2.3",
       {{"Forwarded", "for=1.1.1.1"}, {"X-Real-IP", "1.1.1.1"}},
       "10.1.2.3"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(Client(one, ForwardedHeader::kXForwardedFor), one.client) << one.name;
  }
}

TEST(ClientAddress, ForwardedIsReadAsRfc7239WritesIt) {
  const std::vector<Case> cases = {
      {"a stranger's header", "203.0.113.9", {{"Forwarded", "for=1.1.1.1"}}, "203.0.113.9"},
      {"one hop", "10.1.2.3", {{"Forwarded", "for=198.51.100.1"}}, "198.51.100.1"},
      {"pairs",
       "10.1.2.3",
       {{"Forwarded", "proto=https; FOR=198.51.100.1;by=10.1.2.3"}},
       "198.51.100.1"},
      {"quoted", "10.1.2.3", {{"Forwarded", R"(for="[2001:db8::5]:4711")"}}, "2001:db8::5"},
      {"escaped", "10.1.2.3", {{"Forwarded", R"(for="198.51.100\.1")"}}, "198.51.100.1"},
      {"spoofed before the hop",
       "10.1.2.3",
       {{"Forwarded", "for=1.1.1.1, for=198.51.100.1"}},
       "198.51.100.1"},
      {"a comma in quotes parts nothing",
       "10.1.2.3",
       {{"Forwarded", R"(for=1.1.1.1;by="a, for=2.2.2.2", for=198.51.100.1)"}},
       "198.51.100.1"},
      {"obfuscated", "10.1.2.3", {{"Forwarded", "for=_hidden"}}, "10.1.2.3"},
      {"unknown", "10.1.2.3", {{"Forwarded", "for=unknown"}}, "10.1.2.3"},
      {"no for", "10.1.2.3", {{"Forwarded", "for=1.1.1.1, by=10.0.0.1"}}, "10.1.2.3"},
      {"for twice", "10.1.2.3", {{"Forwarded", "for=1.1.1.1;for=2.2.2.2"}}, "10.1.2.3"},
      {"a quote that swallows the hop's word",
       "10.1.2.3",
       {{"Forwarded", R"(for="1.1.1.1, for=198.51.100.1)"}},
       "10.1.2.3"},
      {"a quote that ends at the hop's",
       "10.1.2.3",
       {{"Forwarded", R"(for="1.1.1.1, for="[2001:db8::5]")"}},
       "10.1.2.3"},
      {"the hop's own line",
       "10.1.2.3",
       {{"Forwarded", R"(for=")"}, {"Forwarded", "for=198.51.100.1"}},
       "198.51.100.1"},
      {"bare IPv6 is no token of the grammar, and still one address",
       "10.1.2.3",
       {{"Forwarded", "for=2001:db8::5"}},
       "2001:db8::5"},
      {"the other header is the client's own",
       "10.1.2.3",
       {{"X-Forwarded-For", "1.1.1.1"}},
       "10.1.2.3"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(Client(one, ForwardedHeader::kForwarded), one.client) << one.name;
  }
}

TEST(ClientAddress, SubscribersAndSitesAreBlocks) {
  EXPECT_EQ(SubscriberOf("203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(SubscriberOf("::ffff:203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(SubscriberOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(SiteOf("203.0.113.7"), "203.0.113.0/24");
  EXPECT_EQ(SiteOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1::/48");
  EXPECT_EQ(SubscriberOf("nonsense"), "nonsense");
}

TEST(ClientAddress, BlocksMustBeWhatTheySay) {
  const auto fault = [](const std::string& entry) {
    const auto parsed = TrustedProxies::Parse({entry}, ForwardedHeader::kXForwardedFor);
    return parsed ? std::string() : parsed.error().message;
  };
  EXPECT_EQ(fault("proxy.example"), "proxy.example is no IP address or CIDR block");
  EXPECT_EQ(fault("10.0.0.0/33"), "10.0.0.0/33 has a prefix that is no length");
  EXPECT_EQ(fault("10.0.0.0/"), "10.0.0.0/ has a prefix that is no length");
  EXPECT_EQ(fault("10.0.0.0/8x"), "10.0.0.0/8x has a prefix that is no length");
  EXPECT_EQ(fault("0.0.0.0/0"), "0.0.0.0/0 would trust everybody");
  EXPECT_EQ(fault("10.0.0.1/8"), "10.0.0.1/8 has bits set behind its prefix");
  EXPECT_EQ(fault("::1"), "");
  const auto parsed = TrustedProxies::Parse(kProxies, ForwardedHeader::kXForwardedFor);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->Contains("10.255.0.1"));
  EXPECT_TRUE(parsed->Contains("::ffff:192.0.2.1"));
  EXPECT_TRUE(parsed->Contains("2001:db8:ffff:1::9%eth0"));
  EXPECT_FALSE(parsed->Contains("11.0.0.1"));
  EXPECT_FALSE(parsed->Contains("192.0.2.2"));
  EXPECT_FALSE(parsed->Contains("2001:db8:fffe::1"));
  EXPECT_FALSE(parsed->Contains("nobody"));
  EXPECT_FALSE(TrustedProxies().Contains("127.0.0.1"));
}

// Whatever a client sends: behind a proxy that appends, it is the appended address that counts.
TEST(ClientAddress, NothingThatAClientSendsMovesItsOwnAddress) {
  std::mt19937 random(7);
  const std::string alphabet = "0123456789abcdef.:,;=\"\\[] \tfor_%x";
  for (int round = 0; round < 20'000; ++round) {
    std::string sent;
    for (auto length = random() % 40; length > 0; --length) {
      sent += alphabet[random() % alphabet.size()];
    }
    const Case appended = {"", "10.1.2.3", {{"X-Forwarded-For", sent + ", 198.51.100.1"}}, ""};
    ASSERT_EQ(Client(appended, ForwardedHeader::kXForwardedFor), "198.51.100.1") << sent;
    const Case own_line = {
        "", "10.1.2.3", {{"Forwarded", sent}, {"Forwarded", "for=198.51.100.1"}}, ""};
    ASSERT_EQ(Client(own_line, ForwardedHeader::kForwarded), "198.51.100.1") << sent;
    // On one line a quote may swallow the proxy's word; then the proxy stands for the client.
    const Case one_line = {"", "10.1.2.3", {{"Forwarded", sent + ", for=198.51.100.1"}}, ""};
    const std::string seen = Client(one_line, ForwardedHeader::kForwarded);
    ASSERT_TRUE(seen == "198.51.100.1" || seen == "10.1.2.3") << sent << " " << seen;
  }
}

}  // namespace
}  // namespace obolus::http
