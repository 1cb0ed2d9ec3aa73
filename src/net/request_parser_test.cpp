#include "net/request_parser.h"

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <string>

namespace obolus::net {
namespace {

constexpr std::size_t kMaxHeader = 512;
constexpr std::size_t kMaxBody = 64;

// Feeds `bytes` in pieces of `step`; the status it is refused with, 0 when complete, -1 when more
// is needed.
int Outcome(std::string_view bytes, std::size_t step, std::optional<HttpRequest>& request,
            RequestParser& parser) {
  for (;;) {
    switch (parser.Parse()) {
      case RequestParser::Step::kComplete:
        request = parser.Take();
        return 0;
      case RequestParser::Step::kRefused:
        return parser.refusal().status;
      case RequestParser::Step::kContinue:
      case RequestParser::Step::kMore:
        break;
    }
    if (bytes.empty()) return -1;
    const std::span<char> space = parser.Space();
    const std::size_t size = std::min({step, bytes.size(), space.size()});
    std::memcpy(space.data(), bytes.data(), size);
    parser.Commit(size);
    bytes.remove_prefix(size);
  }
}

struct Case {
  const char* name;
  std::string bytes;
  int outcome;
  std::string body;
};

void PrintTo(const Case& test, std::ostream* out) {
  *out << test.name;
}

class RequestParserCases : public testing::TestWithParam<Case> {};

TEST_P(RequestParserCases, GiveTheSameHoweverTheBytesAreCut) {
  for (const std::size_t step :
       {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{4096}}) {
    RequestParser parser(kMaxHeader, kMaxBody);
    std::optional<HttpRequest> request;
    EXPECT_EQ(Outcome(GetParam().bytes, step, request, parser), GetParam().outcome)
        << "step " << step << ": " << parser.refusal().reason;
    if (request) EXPECT_EQ(request->body, GetParam().body);
  }
}

std::string Post(const std::string& headers, const std::string& body) {
  return "POST /x HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body;
}

INSTANTIATE_TEST_SUITE_P(
    Accepted, RequestParserCases,
    testing::Values(
        Case{"Get", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0, ""},
        Case{"EmptyLinesFirst", "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 0, ""},
        Case{"Http10WithoutHost", "GET / HTTP/1.0\r\n\r\n", 0, ""},
        Case{"OptionsOfEverything", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 0, ""},
        Case{"AbsoluteForm", "GET http://x/y HTTP/1.1\r\nHost: x\r\n\r\n", 0, ""},
        Case{"Body", Post("Content-Length: 3\r\n", "abc"), 0, "abc"},
        // Beast asserts that an end of which it has seen a part is five bytes long.
        Case{"ChunkedAndEmpty", Post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), 0, ""},
        Case{"LargestBody", Post("Content-Length: 64\r\n", std::string(64, 'b')), 0,
             std::string(64, 'b')},
        Case{"Chunks", Post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"), 0,
             "abcd"},
        Case{"Incomplete", "GET / HTTP/1.1\r\nHost: x\r\n", -1, ""},
        Case{"IncompleteBody", Post("Content-Length: 3\r\n", "ab"), -1, ""}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Refused, RequestParserCases,
    testing::Values(
        Case{"Garbage", std::string("\x16\x03\x01\x02\x00\x01", 6), 400, ""},
        Case{"NoTarget", "GET\r\n\r\n", 400, ""}, Case{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400, ""},
        Case{"TwoHosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, ""},
        Case{"LowerCaseMethod", "get / HTTP/1.1\r\nHost: x\r\n\r\n", 400, ""},
        Case{"MethodThatIsNoToken", "G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400, ""},
        Case{"UnknownMethod", "BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501, ""},
        Case{"Connect", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 501, ""},
        Case{"RelativeTarget", "GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400, ""},
        Case{"Http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, ""},
        Case{"NoVersion", "GET / FOO\r\nHost: x\r\n\r\n", 400, ""},
        Case{"BareLineFeeds", "GET / HTTP/1.1\nHost: x\n\n", 400, ""},
        Case{"OneBareLineFeed", "GET / HTTP/1.1\r\nA: b\nHost: x\r\n\r\n", 400, ""},
        Case{"FoldedHeader", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400, ""},
        Case{"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, ""},
        Case{"HeaderWithoutColon", "GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n", 400, ""},
        Case{"LengthAndChunked",
             Post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400, ""},
        Case{"ChunkedAndLength",
             Post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"), 400, ""},
        Case{"TwoLengths", Post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), 400, ""},
        Case{"TwoLengthsInOne", Post("Content-Length: 3, 4\r\n", "abcd"), 400, ""},
        Case{"NegativeLength", Post("Content-Length: -1\r\n", ""), 400, ""},
        Case{"SignedLength", Post("Content-Length: +3\r\n", "abc"), 400, ""},
        Case{"LengthThatOverflows", Post("Content-Length: 99999999999999999999999\r\n", ""), 400,
             ""},
        Case{"UnknownCoding", Post("Transfer-Encoding: gzip\r\n", ""), 501, ""},
        Case{"CodingBeforeChunked", Post("Transfer-Encoding: gzip, chunked\r\n", ""), 501, ""},
        Case{"ChunkedTwice",
             Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ""), 400, ""},
        Case{"ChunkedHttp10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
             ""},
        Case{"BadChunkSize", Post("Transfer-Encoding: chunked\r\n", "xyz\r\n"), 400, ""},
        Case{"EndlessChunkExtension",
             Post("Transfer-Encoding: chunked\r\n", "1;" + std::string(2000, 'e')), 400, ""},
        Case{"UnknownExpectation", Post("Expect: magic\r\n", ""), 417, ""},
        Case{"BodyTooLarge", Post("Content-Length: 65\r\n", ""), 413, ""},
        Case{"LengthTwice", Post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), 400, ""},
        Case{"ChunkExtension", Post("Transfer-Encoding: chunked\r\n", "3;x=y\r\nabc\r\n0\r\n\r\n"),
             400, ""},
        Case{"TrailerOfNothing", Post("Transfer-Encoding: chunked\r\n", "0\r\nX: y\r\n\r\n"), 400,
             ""},
        Case{"Trailer", Post("Transfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\nX: y\r\n\r\n"), 400,
             ""},
        Case{"ChunksTooLarge",
             Post("Transfer-Encoding: chunked\r\n",
                  "40\r\n" + std::string(64, 'b') + "\r\n1\r\nb\r\n0\r\n\r\n"),
             413, ""},
        Case{"HeaderTooLarge",
             "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(600, 'a') + "\r\n\r\n", 431, ""},
        Case{"TargetTooLarge", "GET /" + std::string(2000, 'a'), 431, ""}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(RequestParser, SaysWhoseBodyIsTooLarge) {
  RequestParser parser(kMaxHeader, kMaxBody);
  std::optional<HttpRequest> request;
  ASSERT_EQ(Outcome(Post("Content-Length: 65\r\n", ""), 4096, request, parser), 413);
  EXPECT_EQ(parser.refusal().path, "/x");
}

TEST(RequestParser, KeepsWhatFollowsForTheNextRequest) {
  RequestParser parser(kMaxHeader, kMaxBody);
  std::optional<HttpRequest> request;
  const std::string two =
      Post("Content-Length: 1\r\n", "a") + "GET /second HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(Outcome(two, 4096, request, parser), 0);
  EXPECT_EQ(request->body, "a");
  EXPECT_TRUE(parser.started());
  ASSERT_EQ(Outcome("", 1, request, parser), 0);
  EXPECT_EQ(request->path, "/second");
  EXPECT_FALSE(parser.started());
}

}  // namespace
}  // namespace obolus::net
