#include "domain/challenge_report.h"

#include <gtest/gtest.h>

namespace obolus::domain {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

const Challenge kEmv = EmvChallenge{"https://acs.example", "e30", "data-1"};
const Challenge kLegacy = PaReqChallenge{"https://acs.example", "p", "md-1"};
const Challenge kHosted = HostedChallenge{"https://processor.example"};
const EmvIds kOwn = {"AAAA-1", "bbbb-2"};

ChallengeReport With(EmvIds ids) {
  ChallengeReport report{.form = ReportForm::kCres};
  report.ids = std::move(ids);
  return report;
}

TEST(ChallengeReport, BelongsByTheIdsThatBothHave) {
  EXPECT_EQ(BelongsTo(With({"aaaa-1", "BBBB-2"}), kEmv, kOwn), true) << "in either case";
  EXPECT_EQ(BelongsTo(With({"aaaa-1", std::nullopt}), kEmv, kOwn), true);
  EXPECT_EQ(BelongsTo(With({"aaaa-2", "bbbb-2"}), kEmv, kOwn), false) << "one is another's";
  EXPECT_EQ(BelongsTo(With({"aaaa-1", "bbbb-1"}), kEmv, kOwn), false) << "one is another's";
  EXPECT_EQ(BelongsTo(With({"aaaa-11", std::nullopt}), kEmv, kOwn), false);
}

TEST(ChallengeReport, BelongsToNobodyKnowsWithoutIds) {
  EXPECT_EQ(BelongsTo(With({}), kEmv, kOwn), std::nullopt);
  EXPECT_EQ(BelongsTo(With({"aaaa-1", "bbbb-2"}), kEmv, {}), std::nullopt);
  EXPECT_EQ(BelongsTo(With({"aaaa-1", "bbbb-2"}), kHosted, kOwn), std::nullopt);
}

TEST(ChallengeReport, BelongsByItsMdInTheOlderProtocol) {
  ChallengeReport report{.form = ReportForm::kPares};
  EXPECT_EQ(BelongsTo(report, kLegacy, {}), std::nullopt);
  report.md = "md-1";
  EXPECT_EQ(BelongsTo(report, kLegacy, {}), true);
  report.md = "MD-1";
  EXPECT_EQ(BelongsTo(report, kLegacy, {}), false);
}

TEST(ChallengeReport, IsDescribedByWhatThereIs) {
  EXPECT_EQ(DescribeReport({.bytes = 7}, nullptr, {}),
            (Facts{{"form", "nothing"}, {"method", "GET"}, {"bytes", "7"}}));
  ChallengeReport report{
      .form = ReportForm::kCres, .bytes = 900, .by_post = true, .repeated = true};
  report.trans_status = "N";
  report.challenge_cancel = "01";
  report.message_version = "2.2.0";
  report.error_code = "203";
  report.ids = {"aaaa-2", "bbbb-2"};
  report.session_data = "data-2";
  EXPECT_EQ(DescribeReport(report, &kEmv, kOwn), (Facts{{"form", "cres"},
                                                        {"method", "POST"},
                                                        {"bytes", "900"},
                                                        {"trans_status", "N"},
                                                        {"challenge_cancel", "01"},
                                                        {"message_version", "2.2.0"},
                                                        {"error_code", "203"},
                                                        {"foreign", "yes"},
                                                        {"session_data", "other"},
                                                        {"repeated", "yes"}}));
  report.ids = kOwn;
  report.session_data = "data-1";
  const Facts own = DescribeReport(report, &kEmv, kOwn);
  EXPECT_EQ(own[7], std::pair(std::string("foreign"), std::string("no")));
  EXPECT_EQ(own[8], std::pair(std::string("session_data"), std::string("same")));
}

TEST(ChallengeReport, NamesItsForms) {
  EXPECT_EQ(ToString(ReportForm::kNothing), "nothing");
  EXPECT_EQ(ToString(ReportForm::kCres), "cres");
  EXPECT_EQ(ToString(ReportForm::kPares), "pares");
  EXPECT_EQ(ToString(ReportForm::kError), "error");
  EXPECT_EQ(ToString(ReportForm::kUnreadable), "unreadable");
}

}  // namespace
}  // namespace obolus::domain
