#include "base/url.h"

#include <gtest/gtest.h>

namespace obolus::base {
namespace {

Result<Url> Https(std::string_view text) {
  return ParseUrl(text, HttpPolicy::kHttpsOnly);
}
Result<Url> Loopback(std::string_view text) {
  return ParseUrl(text, HttpPolicy::kHttpOnLoopback);
}

TEST(Url, IsTakenApart) {
  const auto url = Https("HTTPS://Shop.Example:8443/done?order=1#top");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->text, "HTTPS://Shop.Example:8443/done?order=1#top");
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "shop.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/done?order=1");
  EXPECT_EQ(url->Origin(), "https://shop.example:8443");
}

TEST(Url, GetsDefaults) {
  const auto url = Https("https://shop.example");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->path, "/");
  EXPECT_EQ(url->Origin(), "https://shop.example");
  EXPECT_EQ(Https("https://shop.example?a=b")->path, "/?a=b");
  EXPECT_EQ(Https("https://shop.example:/x")->port, 443);
  EXPECT_EQ(Https("https://shop.example:443/x")->Origin(), "https://shop.example");
  EXPECT_EQ(Loopback("http://localhost:80/")->Origin(), "http://localhost");
}

TEST(Url, KeepsEscapesAsTheyAre) {
  EXPECT_EQ(Https("https://shop.example/a%2Fb?c=%26")->path, "/a%2Fb?c=%26");
}

TEST(Url, KnowsLoopbackHosts) {
  for (const std::string_view text :
       {"http://localhost", "http://LOCALHOST:1/", "http://shop.localhost/", "http://127.0.0.1:9/",
        "http://127.255.1.2/", "http://[::1]:8080/", "http://[0:0:0:0:0:0:0:1]/"}) {
    const auto url = Loopback(text);
    ASSERT_TRUE(url) << text << ": " << url.error().message;
    EXPECT_TRUE(url->IsLoopback()) << text;
    EXPECT_FALSE(Https(text)) << text;
  }
}

TEST(Url, IsNotFooledByHostsThatLookLikeLoopback) {
  for (const std::string_view text :
       {"http://127.0.0.1.evil.example/", "http://localhost.evil.example/", "http://notlocalhost/",
        "http://127.evil.example/", "http://[::2]/", "http://128.0.0.1/",
        "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/"}) {
    EXPECT_FALSE(Loopback(text)) << text;
  }
}

TEST(Url, WritesIpv6InOneWay) {
  EXPECT_EQ(Https("https://[2001:DB8:0:0:0:0:0:1]:1/")->Origin(), "https://[2001:db8::1]:1");
}

struct Refusal {
  std::string_view text;
  std::string_view reason;  // a part of the message
};

TEST(Url, SaysWhyItRefuses) {
  const std::string long_url = "https://shop.example/" + std::string(2048, 'a');
  const Refusal refusals[] = {
      {"", "empty"},
      {"/done", "absolute"},
      {"shop.example/done", "absolute"},
      {"//shop.example/done", "absolute"},
      {"javascript:alert(1)", "scheme"},
      {"JavaScript:alert(1)", "scheme"},
      {"data:text/html,x", "scheme"},
      {"file:///etc/passwd", "scheme"},
      {"ftp://shop.example/", "scheme"},
      {"http://shop.example/", "https"},
      {"https:", "no host"},
      {"https:/done", "no host"},
      {"https:///done", "no host"},
      {"https://./", "no host"},
      {"https://user@shop.example/", "user name"},
      {"https://user:pass@shop.example/", "user name"},
      {"https://@shop.example/", "user name"},
      {"https://shop.example:0/", "port"},
      {"https://shop.example:65536/", "port"},
      {"https://shop.example:99999999999/", "port"},
      {"https://shop.example:x/", "cannot be read"},
      {"https://shop.example:8x/", "cannot be read"},
      {"https://127.0.0.1.evil.example/", "cannot be read"},
      {"https://[::1]x/", "cannot be read"},
      {"https://shop.example/a b", "space"},
      {" https://shop.example/", "space"},
      {"https://shop.example/\r\nSet-Cookie:a=b", "control"},
      {"https://shop.example/\x7f", "control"},
      {"https://shop.example\\@evil.example/", "absolute"},
      {"https://shop.example/\xc3\xa4", "absolute"},
      {"https://sh;op.example/", "characters"},
      {"https://*.example/", "characters"},
      {"https://'self'/", "characters"},
      {"https://sh%6fp.example/", "characters"},
      {"https://[v1.x]/", "no host"},
      {"https://[::1/", "absolute"},
      {"https://2130706433/", "neither"},
      {"https://0x7f000001/", "neither"},
      {"https://127.1/", "neither"},
      {"https://256.256.256.256/", "neither"},
      {"https://1.2.3.4.5/", "cannot be read"},
      {"https://shop.example/%zz", "absolute"},
      {long_url, "2048"},
  };
  for (const auto& [text, reason] : refusals) {
    const auto url = Https(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalid);
    ASSERT_EQ(url.error().fields.size(), 1U);
    EXPECT_EQ(url.error().fields[0].pointer, "");
    EXPECT_NE(url.error().message.find(reason), std::string::npos)
        << text << ": " << url.error().message;
  }
}

TEST(Url, RefusesANulByte) {
  EXPECT_FALSE(Https(std::string_view("https://shop.example/\0", 22)));
}

TEST(PercentDecode, DecodesEscapes) {
  EXPECT_EQ(PercentDecode("a%20b%2Fc%2f+").value(), "a b/c/+");
  EXPECT_EQ(PercentDecode("a+b%2B", true).value(), "a b+");
  EXPECT_EQ(PercentDecode("").value(), "");
  EXPECT_EQ(PercentDecode("%C3%A4").value(), "\xc3\xa4");
  EXPECT_EQ(PercentDecode("%00").value(), std::string(1, '\0'));
}

TEST(PercentDecode, RefusesBadEscapes) {
  for (const std::string_view text : {"%", "%a", "a%", "%zz", "%a%20", "% 1", "%-1"}) {
    const auto decoded = PercentDecode(text);
    ASSERT_FALSE(decoded) << text;
    EXPECT_EQ(decoded.error().code, ErrorCode::kMalformed);
  }
}

}  // namespace
}  // namespace obolus::base
