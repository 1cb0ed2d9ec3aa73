#include "net/request_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace obolus::net {
namespace {

int StatusOf(const std::optional<Refusal>& refusal) {
  return refusal ? refusal->status : 0;
}

int Line(std::string_view method, std::string_view target) {
  HttpRequest request;
  return StatusOf(ReadRequestLine(method, target, request));
}

int Lines(const std::string& lines) {
  return StatusOf(CheckHeaderLines("GET / HTTP/1.1\r\n" + lines + "\r\n"));
}

TEST(RequestRules, ATargetIsCutIntoPathAndQuery) {
  HttpRequest request;
  ASSERT_FALSE(ReadRequestLine("GET", "/a/b?c=d?e", request));
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/a/b?c=d?e");
  EXPECT_EQ(request.path, "/a/b");
  EXPECT_EQ(request.query, "c=d?e");
  ASSERT_FALSE(ReadRequestLine("GET", "https://host:1/a?b", request));
  EXPECT_EQ(request.path, "/a");
}

TEST(RequestRules, MethodsAreServedNotImplementedOrNone) {
  EXPECT_EQ(Line("GET", "/"), 0);
  EXPECT_EQ(Line("TRACE", "/"), 501);
  EXPECT_EQ(Line("get", "/"), 400);
  EXPECT_EQ(Line("", "/"), 400);
}

TEST(RequestRules, TargetsThatAreNoneAreRefused) {
  for (const char* target : {"", "a", "*", "http:/a", "ftp://a/", "//", "/a b", "/a\x7f", "/a#b",
                             "/\xc3\xa4", "http://a?b"}) {
    EXPECT_EQ(Line("GET", target), std::string_view(target) == "//" ? 0 : 400) << target;
  }
  EXPECT_EQ(Line("OPTIONS", "*"), 0);
  EXPECT_EQ(Line("GET", "/" + std::string(kMostTarget - 1, 'a')), 0);
  EXPECT_EQ(Line("GET", "/" + std::string(kMostTarget, 'a')), 414);
}

TEST(RequestRules, AHostIsAHost) {
  for (const char* host : {"a", "a.example", "a.example:443", "127.0.0.1", "[::1]", "[::1]:8443",
                           "a_b.example", "a:"}) {
    EXPECT_EQ(StatusOf(CheckHost(host, "/")), 0) << host;
  }
  for (const char* host : {"", ":443", "a b", "a/b", "a@b", "a,b", "a:b", "a:1:2", "[::1", "::1]",
                           "[::1]a", "a:123456", "a\\b", "a?b", "\xc3\xa4"}) {
    EXPECT_EQ(StatusOf(CheckHost(host, "/")), 400) << host;
  }
}

TEST(RequestRules, AnAbsoluteTargetNamesTheHost) {
  EXPECT_EQ(StatusOf(CheckHost("A.example:443", "https://a.example:443/x")), 0);
  EXPECT_EQ(StatusOf(CheckHost("a.example", "http://a.example?x")), 0);
  EXPECT_EQ(StatusOf(CheckHost("a.example", "https://b.example/")), 400);
  EXPECT_EQ(StatusOf(CheckHost("a.example", "https://c@a.example/")), 400);
}

TEST(RequestRules, LinesEndInCrLfAndNamesInTheirColon) {
  EXPECT_EQ(Lines("A: b\r\nC:d\r\nE:\r\nF: \xc3\xa4\tg\r\n"), 0);
  for (const char* lines : {"A: b\n", "A: b\rC: d\r\n", "A: b\r\r\n", "A: b\r\n c\r\n",
                            "A: b\r\n\tc\r\n", "A : b\r\n", "A\t: b\r\n", ": b\r\n", "A\r\n",
                            "A(b): c\r\n", "A: \x01\r\n", "A: \x7f\r\n", "\xc3\xa4: b\r\n"}) {
    EXPECT_EQ(Lines(lines), 400) << lines;
  }
  EXPECT_EQ(Lines(std::string("A: b\0c\r\n", 9)), 400);
}

TEST(RequestRules, AHundredFieldsAreEnough) {
  std::string lines;
  for (std::size_t i = 0; i < kMostFields; ++i) lines += "A: b\r\n";
  EXPECT_EQ(Lines(lines), 0);
  EXPECT_EQ(Lines(lines + "A: b\r\n"), 431);
}

}  // namespace
}  // namespace obolus::net
