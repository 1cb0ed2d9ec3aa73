#include "cli/sessions.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "net/test_server.h"

namespace obolus::cli {
namespace {

namespace json = base::json;

constexpr char kId[] = "019a0000-1111-4222-8333-444455556666";

// A challenge that came back once and got two contrary outcomes.
json::value Session() {
  return base::ParseJson(R"({
    "id": "019a0000-1111-4222-8333-444455556666", "state": "failed", "merchant": null,
    "timeline": [
      {"at": "2026-11-25T03:00:00.000Z", "side": "commerce", "what": "open", "from": "open",
       "to": "open", "changed": false, "event": null, "details": {},
       "trace_id": "0af7651916cd43dd8448eb211c80319c", "request_id": "r1"},
      {"at": "2026-11-25T03:00:12.345Z", "side": "shopper", "what": "return",
       "from": "challenged", "to": "returned", "changed": true, "event": "TDSResult",
       "details": {"type": "TDSResult", "came": "cres"}, "trace_id": null, "request_id": null},
      {"at": "2026-11-25T04:02:03.004Z", "side": "commerce", "what": "conflict",
       "from": "failed", "to": "failed", "changed": false, "event": null,
       "details": {"result": "SUCCESS", "why": "two words"},
       "trace_id": "1af7651916cd43dd8448eb211c80319c", "request_id": "r2"}]})")
      .value();
}

TEST(DescribeSession, GivesEachEntryALineAlignedByColumn) {
  EXPECT_EQ(DescribeSession(Session().get_object()),
            "id        019a0000-1111-4222-8333-444455556666\n"
            "state     failed\n"
            "merchant  -\n"
            "\n"
            "+00:00.000    commerce → open      open\n"
            "+00:12.345    shopper  → return    challenged → returned  TDSResult  came=cres\n"
            "+1:02:03.004  commerce → conflict  failed                            "
            "result=SUCCESS why=\"two words\" trace_id=1af7651916cd43dd8448eb211c80319c\n");
}

TEST(DescribeSession, CannotBeMadeToSayMoreThanHappened) {
  const std::string forged = "x\n+00:13.000  commerce → succeed\x1b[2K\u202e";
  auto session = Session();
  session.at_pointer("/timeline/1/details").get_object()["came"] = forged;
  session.at_pointer("/timeline/2/what") = forged;
  session.at_pointer("/merchant") = forged;
  const std::string plain = DescribeSession(Session().get_object());
  const std::string text = DescribeSession(session.get_object());
  EXPECT_EQ(std::ranges::count(text, '\n'), std::ranges::count(plain, '\n'));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\u202e"), std::string::npos);
  EXPECT_NE(text.find(R"(came="x\n+00:13.000  commerce → succeed\x1b[2K\u202e")"),
            std::string::npos);
}

TEST(DescribeSession, ShowsWhatAnotherVersionSendsWithoutATimeline) {
  EXPECT_EQ(DescribeSession({{"id", "7"}}), "id  7\n");
  EXPECT_EQ(DescribeSession({{"id", "7"}, {"timeline", json::array{"odd"}}}),
            "id  7\n\n?  - → -  -\n");
}

TEST(SinceOpening, CountsMinutesAndHoursAndSaysWhatCameBefore) {
  const char* opening = "2026-11-25T03:00:00.000Z";
  EXPECT_EQ(SinceOpening(opening, "2026-11-25T03:00:00.000Z"), "+00:00.000");
  EXPECT_EQ(SinceOpening(opening, "2026-11-25T03:59:59.999Z"), "+59:59.999");
  EXPECT_EQ(SinceOpening(opening, "2026-11-27T03:00:00.001Z"), "+48:00:00.001");
  EXPECT_EQ(SinceOpening(opening, "2026-11-25T02:59:59.995Z"), "-00:00.005");
  EXPECT_EQ(SinceOpening(opening, "soon"), "?");
}

TEST(SessionsCommand, AsksForTheSessionAndPrintsTheServersJson) {
  std::string asked;
  const net::TestServer server([&](const net::HttpRequest& request, net::Responder responder) {
    asked = request.method + " " + request.target;
    responder.Send({.status = 200, .headers = {}, .body = base::ToText(Session())});
  });
  const OperatorAddress address{.address = "127.0.0.1", .port = server.port()};
  EXPECT_EQ(ShowSession(address, kId, true).value(), base::ToText(Session()) + "\n");
  EXPECT_EQ(asked, std::string("GET /sessions/") + kId);
  EXPECT_EQ(ShowSession(address, kId, false).value(), DescribeSession(Session().get_object()));
  EXPECT_EQ(CancelSession(address, kId, false).value(), DescribeSession(Session().get_object()));
  EXPECT_EQ(asked, std::string("POST /sessions/") + kId + "/cancel");
}

TEST(SessionsCommand, PutsNothingButAUuidIntoAPath) {
  const OperatorAddress nowhere{.address = "127.0.0.1", .port = 1};
  for (const char* id : {"", "7", "../events", "019a0000-1111-4222-8333-444455556666/x"}) {
    for (const auto& answer :
         {ShowSession(nowhere, id, false), CancelSession(nowhere, id, false)}) {
      ASSERT_FALSE(answer) << id;
      EXPECT_EQ(answer.error().code, base::ErrorCode::kInvalid);
    }
  }
}

}  // namespace
}  // namespace obolus::cli
