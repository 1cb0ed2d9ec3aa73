#include "net/response_head.h"

#include <gtest/gtest.h>

namespace obolus::net {
namespace {

std::string Text(const HttpResponse& response, Framing framing = {}) {
  std::string out;
  AppendResponse(response, framing, "D", out);
  return out;
}

TEST(ResponseHead, IsOneBufferOfHeadAndBody) {
  EXPECT_EQ(Text({.status = 201, .headers = {{"A", "b"}}, .body = "xyz"}),
            "HTTP/1.1 201 Created\r\nDate: D\r\nA: b\r\nContent-Length: 3\r\n\r\nxyz");
}

TEST(ResponseHead, SaysHowTheConnectionGoesOn) {
  EXPECT_TRUE(Text({}, {.close = true}).contains("\r\nConnection: close\r\n"));
  EXPECT_TRUE(Text({}, {.keep_alive = true}).contains("\r\nConnection: keep-alive\r\n"));
  EXPECT_EQ(Text({.body = "x"}, {.stream = true}),
            "HTTP/1.1 200 OK\r\nDate: D\r\nConnection: close\r\n\r\n");
}

TEST(ResponseHead, AnUnknownStatusHasNoPhraseAndANonsenseOneIsBroughtIntoRange) {
  EXPECT_TRUE(Text({.status = 299}).starts_with("HTTP/1.1 299 \r\n"));
  EXPECT_TRUE(Text({.status = 7}).starts_with("HTTP/1.1 200 "));
}

// The example of RFC 9110 §5.6.7.
TEST(ResponseHead, DatesAreImfFixdates) {
  EXPECT_EQ(FormatHttpDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(FormatHttpDate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(Headers, AreComparedWithoutCaseAndSetReplacesAll) {
  Headers headers{{"Accept", "a"}, {"ACCEPT", "b"}, {"Host", "h"}};
  EXPECT_EQ(headers.Count("accept"), 2u);
  EXPECT_EQ(*headers.Find("aCCept"), "a");
  headers.Set("accept", "c");
  EXPECT_EQ(headers.Count("Accept"), 1u);
  EXPECT_EQ(*headers.Find("Accept"), "c");
  EXPECT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers.Find("Accep"), nullptr);
}

}  // namespace
}  // namespace obolus::net
