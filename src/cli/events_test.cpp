#include "cli/events.h"

#include <gtest/gtest.h>

#include <mutex>

#include "net/test_server.h"

namespace obolus::cli {
namespace {

using base::ErrorCode;

constexpr char kId[] = "019a0000-1111-4222-8333-444455556666";

// An operator listener that answers everything with `status` and `body`, and keeps what was asked.
class OperatorStand {
 public:
  explicit OperatorStand(int status = 200, std::string body = R"({"id": "1"})")
      : status_(status), body_(std::move(body)) {}

  OperatorAddress address() const { return {.address = "127.0.0.1", .port = server_.port()}; }
  std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  const int status_;
  const std::string body_;
  mutable std::mutex mutex_;
  std::vector<std::string> asked_;
  net::TestServer server_{[this](const net::HttpRequest& request, net::Responder responder) {
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(request.method + " " + request.target);
    }
    responder.Send({.status = status_, .headers = {}, .body = body_});
  }};
};

TEST(DescribeObject, GivesAMemberALine) {
  EXPECT_EQ(Describe({{"id", "7"}, {"attempts", 3}, {"last_error", nullptr}, {"body", {{"a", 1}}}}),
            "id          7\n"
            "attempts    3\n"
            "last_error  -\n"
            "body        {\"a\":1}\n");
  EXPECT_EQ(Describe({}), "");
}

TEST(DescribeEventList, IsATableWithAHead) {
  const base::json::array events = {base::json::value{{"id", kId},
                                                      {"type", "TDSResult"},
                                                      {"status", "parked"},
                                                      {"attempts", 12},
                                                      {"time", "2026-11-22T00:00:00.000Z"},
                                                      {"last_error", "the bridge answered 410"}},
                                    base::json::value{{"id", kId}}};
  EXPECT_EQ(DescribeEvents(events),
            "ID                                    TYPE                STATUS     ATTEMPTS  "
            "TIME                      LAST ERROR\n"
            "019a0000-1111-4222-8333-444455556666  TDSResult           parked     12        "
            "2026-11-22T00:00:00.000Z  the bridge answered 410\n"
            "019a0000-1111-4222-8333-444455556666  -                   -          -         "
            "-                         -\n");
}

TEST(DescribeEventList, KeepsTheLastErrorOffTheTerminal) {
  const base::json::array events = {base::json::value{{"last_error", "410\n\x1b[2Jgone"}}};
  EXPECT_TRUE(DescribeEvents(events).ends_with("410\\n\\x1b[2Jgone\n"));
}

TEST(DescribeEventList, SaysThatThereAreNone) {
  EXPECT_EQ(DescribeEvents({}), "no events\n");
}

TEST(EventsCommand, AsksForWhatWasMeant) {
  OperatorStand stand(200, R"({"events": []})");
  EXPECT_EQ(ListEvents(stand.address(), {}).value(), "no events\n");
  ASSERT_TRUE(ListEvents(stand.address(), {.status = "parked", .limit = 7}));
  ASSERT_TRUE(ShowEvent(stand.address(), kId, false));
  ASSERT_TRUE(ReplayEvent(stand.address(), kId, false));
  const std::string id = kId;
  EXPECT_EQ(stand.asked(),
            (std::vector<std::string>{"GET /events?limit=100", "GET /events?limit=7&status=parked",
                                      "GET /events/" + id, "POST /events/" + id + "/replay"}));
}

TEST(EventsCommand, PrintsJsonForMachines) {
  OperatorStand stand(200, R"({"events": [ {"id": "1"} ]})");
  EXPECT_EQ(ListEvents(stand.address(), {.status = "", .json = true}).value(),
            "{\"events\":[{\"id\":\"1\"}]}\n");
  EXPECT_EQ(ShowEvent(stand.address(), kId, true).value(), "{\"events\":[{\"id\":\"1\"}]}\n");
}

TEST(EventsCommand, PrintsLinesForPeople) {
  OperatorStand stand(200, R"({"id": "1", "status": "parked"})");
  EXPECT_EQ(ShowEvent(stand.address(), kId, false).value(), "id      1\nstatus  parked\n");
}

TEST(EventsCommand, PutsNothingButAUuidIntoAPath) {
  OperatorStand stand;
  for (const char* id : {"", "7", "../sessions", "019a0000-1111-4222-8333-444455556666/replay"}) {
    for (const auto& answer :
         {ShowEvent(stand.address(), id, false), ReplayEvent(stand.address(), id, false)}) {
      ASSERT_FALSE(answer) << id;
      EXPECT_EQ(answer.error().code, ErrorCode::kInvalid);
    }
  }
  EXPECT_TRUE(stand.asked().empty());
}

TEST(EventsCommand, SaysWhatTheServerSaid) {
  OperatorStand missing(404, R"({"message": "no event has this id"})");
  const auto unknown = ShowEvent(missing.address(), kId, false);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(unknown.error().message, "no event has this id");
  OperatorStand refusing(422, "not json");
  const auto refused = ShowEvent(refusing.address(), kId, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(refused.error().message, "the answer was 422");
}

TEST(EventsCommand, RefusesAnAnswerThatIsNotJson) {
  OperatorStand stand(200, "<html>");
  EXPECT_FALSE(ListEvents(stand.address(), {}));
}

TEST(EventsCommand, SaysWhereNobodyAnswers) {
  std::uint16_t port = 0;
  {
    const net::TestServer server;
    port = server.port();
  }
  const auto answer = ListEvents({.address = "127.0.0.1", .port = port}, {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(answer.error().message.find("http://127.0.0.1:" + std::to_string(port)),
            std::string::npos);
}

}  // namespace
}  // namespace obolus::cli
