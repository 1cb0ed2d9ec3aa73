#include "cli/reload.h"

#include <gtest/gtest.h>

#include "net/test_server.h"

namespace obolus::cli {
namespace {

base::Result<ReloadReport> ReportOf(const std::string& body, bool json = false) {
  net::TestServer server([body](const net::HttpRequest& request, net::Responder responder) {
    const bool asked = request.method == "POST" && request.target == "/reload";
    responder.Send({.status = asked ? 200 : 404, .headers = {}, .body = body});
  });
  return AskToReload({.address = "127.0.0.1", .port = server.port()}, json);
}

constexpr char kMixed[] = R"({"steps":[{"step":"a","ok":true,"error":null},)"
                          R"({"step":"b","ok":false,"error":"b is bad"}],"failed":1})";

TEST(AskToReload, HasALineForEachStepAndIsNotOkWhenOneFailed) {
  const auto report = ReportOf(kMixed);
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->ok);
  EXPECT_EQ(report->text, "ok    a\nFAIL  b: b is bad (what was there before is still in use)\n");
}

TEST(AskToReload, IsOkWhenNoStepFailed) {
  const auto report = ReportOf(R"({"steps":[{"step":"a","ok":true,"error":null}],"failed":0})");
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok);
}

TEST(AskToReload, GivesMachinesTheAnswerAsItIs) {
  const auto report = ReportOf(kMixed, true);
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->ok);
  EXPECT_NE(report->text.find(R"("failed":1)"), std::string::npos);
}

TEST(AskToReload, RefusesAnAnswerThatIsNone) {
  EXPECT_FALSE(ReportOf("{}"));
}

}  // namespace
}  // namespace obolus::cli
