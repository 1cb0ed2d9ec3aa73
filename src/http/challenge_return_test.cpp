#include "http/challenge_return.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/encoding.h"

namespace obolus::http {
namespace {

using domain::ChallengeReport;
using domain::ReportForm;

constexpr char kForm[] = "application/x-www-form-urlencoded";

std::string Encoded(std::string_view json) {
  return base::EncodeBase64Url(base::AsBytes(json));
}

const std::string kCres = Encoded(
    R"({"messageType":"CRes","messageVersion":"2.1.0","transStatus":"N","challengeCancel":"01",)"
    R"("acsTransID":"acs-1","threeDSServerTransID":"server-1"})");

ChallengeReport Posted(std::string body, const char* type = kForm) {
  return ReadChallengeReturn(
      {.method = "POST", .headers = {{"Content-Type", type}}, .body = std::move(body)});
}
ChallengeReport Got(std::string query) {
  return ReadChallengeReturn({.method = "GET", .query = std::move(query)});
}

void ExpectTheCres(const ChallengeReport& report) {
  EXPECT_EQ(report.form, ReportForm::kCres);
  EXPECT_EQ(report.trans_status, "N");
  EXPECT_EQ(report.challenge_cancel, "01");
  EXPECT_EQ(report.message_version, "2.1.0");
  EXPECT_EQ(report.ids, (domain::EmvIds{"acs-1", "server-1"}));
}

TEST(ChallengeReturn, ReadsACresByPostAndByGet) {
  const auto posted = Posted("cres=" + kCres + "&threeDSSessionData=abc%2B");
  ExpectTheCres(posted);
  EXPECT_TRUE(posted.by_post);
  EXPECT_EQ(posted.session_data, "abc+");
  EXPECT_EQ(posted.bytes, kCres.size() + 31);
  const auto got = Got("cres=" + kCres);
  ExpectTheCres(got);
  EXPECT_FALSE(got.by_post);
}

TEST(ChallengeReturn, ReadsNamesInAnyCaseAndAnyPlace) {
  for (const char* name : {"cres", "CRes", "CRES", "cRes"}) {
    ExpectTheCres(Posted("a=b&" + std::string(name) + "=" + kCres + "&c"));
  }
  ExpectTheCres(ReadChallengeReturn(
      {.method = "POST", .query = "cres=" + kCres, .headers = {}, .body = "x=1"}));
}

TEST(ChallengeReturn, ReadsWhateverTypeTheBodyClaims) {
  for (const char* type : {"", "text/plain", "application/json", "multipart/form-data",
                           "application/x-www-form-urlencoded; charset=UTF-8"}) {
    ExpectTheCres(Posted("cres=" + kCres + "\r\n", type));
  }
}

TEST(ChallengeReturn, ReadsMultipartForms) {
  const std::string part = "--b\r\nContent-Disposition: form-data; name=\"";
  const std::string body = part + "CRes\"\r\n\r\n" + kCres + "\r\n" + part +
                           "threeDSSessionData\"\r\nX: y\r\n\r\nabc\r\n--b--\r\n";
  for (const char* type :
       {"multipart/form-data; boundary=b", "Multipart/Form-Data;Boundary=\"b\""}) {
    const auto report = Posted(body, type);
    ExpectTheCres(report);
    EXPECT_EQ(report.session_data, "abc");
  }
  for (const std::size_t cut : {1U, 20U, 44U, 60U}) {
    EXPECT_NE(Posted(body.substr(0, cut), "multipart/form-data; boundary=b").form,
              ReportForm::kCres);
  }
}

TEST(ChallengeReturn, ReadsAnErrorMessageUnderEitherName) {
  const std::string erro = Encoded(R"({"messageType":"Erro","errorCode":"203","transStatus":"Y"})");
  for (const char* name : {"cres", "erro", "error"}) {
    const auto report = Posted(std::string(name) + "=" + erro);
    EXPECT_EQ(report.form, ReportForm::kError);
    EXPECT_EQ(report.error_code, "203");
  }
}

TEST(ChallengeReturn, ReadsThePairOfTheOlderProtocol) {
  const auto report = Posted("PaRes=eJzT&MD=md%3D1");
  EXPECT_EQ(report.form, ReportForm::kPares);
  EXPECT_EQ(report.md, "md=1");
  EXPECT_EQ(report.trans_status, std::nullopt) << "what is in it is the processor's to read";
}

TEST(ChallengeReturn, TellsNothingFromUnreadable) {
  for (const char* query :
       {"", "a=b", "cres=", "cres", "transStatus=Y", "MD=1", "%", "&&&", "=x"}) {
    EXPECT_EQ(Got(query).form, ReportForm::kNothing) << query;
  }
  for (const std::string& value :
       {std::string("x"), std::string("%%%"), kCres.substr(0, 50), Encoded("[]"),
        Encoded(R"({"messageType":"CReq","transStatus":"Y"})"), std::string("PHNjcmlwdD4")}) {
    const auto report = Got("cres=" + value);
    EXPECT_EQ(report.form, ReportForm::kUnreadable) << value;
    EXPECT_EQ(report.trans_status, std::nullopt) << value;
  }
}

TEST(ChallengeReturn, ReadsTheFirstOfSeveral) {
  const std::string other = Encoded(R"({"messageType":"CRes","transStatus":"Y"})");
  const auto report = Posted("cres=" + kCres + "&cres=" + other);
  ExpectTheCres(report);
  EXPECT_TRUE(report.repeated);
  EXPECT_FALSE(Posted("cres=" + kCres + "&cres=" + kCres).repeated) << "the same twice";
}

TEST(ChallengeReturn, DoesNotReadWhatIsTooLong) {
  const std::string filler(kLongestReturn, 'A');
  const auto report = Posted("cres=" + kCres + "&x=" + filler);
  EXPECT_EQ(report.form, ReportForm::kUnreadable);
  EXPECT_GT(report.bytes, kLongestReturn);
  EXPECT_EQ(report.trans_status, std::nullopt);
}

TEST(ChallengeReturn, StopsAfterManyFields) {
  std::string body;
  for (int i = 0; i < 64; ++i) body += "a=b&";
  EXPECT_EQ(Posted(body + "cres=" + kCres).form, ReportForm::kNothing);
  const std::string boundary(71, 'b');
  EXPECT_EQ(Posted("--" + boundary + "\r\nContent-Disposition: form-data; name=\"cres\"\r\n\r\n" +
                       kCres + "\r\n--" + boundary + "--",
                   ("multipart/form-data; boundary=" + boundary).c_str())
                .form,
            ReportForm::kNothing);
}

bool OnlyCodes(const ChallengeReport& report) {
  const auto none_of = [](const std::optional<std::string>& text, std::string_view bad) {
    return !text || text->find_first_of(bad) == std::string::npos;
  };
  return (!report.trans_status || report.trans_status->size() == 1) &&
         (!report.challenge_cancel || report.challenge_cancel->size() == 2) &&
         (!report.error_code || report.error_code->size() == 3) &&
         (!report.message_version || report.message_version->size() <= 8) &&
         none_of(report.message_version, "<>\"' \n");
}

// Bytes that a parser stumbles over, rather than any.
rc::Gen<std::string> Hostile() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
          "cres=", "PaRes=", "MD=", "&", "=", "%", "%2", "%zz", "%00", "+", "==", "\r\n", "--b",
          "--b--", "name=\"cres\"", "\"", ";", "{", "}", "eyJ", kCres, "\xff", std::string(1, '\0'),
          "Content-Disposition: form-data; ", "threeDSSessionData=", "W10", "\r\n\r\n")),
      [](const std::vector<std::string>& parts) {
        std::string text;
        for (const std::string& part : parts) text += part;
        return text;
      });
}

RC_GTEST_PROP(ChallengeReturnProperty, AnyBytesMakeAReportOfWellFormedCodes, ()) {
  const auto body = *rc::gen::oneOf(Hostile(), rc::gen::arbitrary<std::string>());
  const auto query = *Hostile();
  const auto type = *rc::gen::element<std::string>(kForm, "multipart/form-data; boundary=b",
                                                   "multipart/form-data; boundary=", "", ";;;");
  const auto report = ReadChallengeReturn(
      {.method = "POST", .query = query, .headers = {{"Content-Type", type}}, .body = body});
  RC_ASSERT(report.bytes == body.size() + query.size());
  RC_ASSERT(OnlyCodes(report));
  const bool has_codes = report.trans_status || report.challenge_cancel || report.error_code;
  RC_ASSERT(!has_codes || report.form == ReportForm::kCres || report.form == ReportForm::kError);
}

RC_GTEST_PROP(ChallengeReturnProperty, AMutatedCresNeverTurnsIntoAnotherCode, ()) {
  const auto at = *rc::gen::inRange<std::size_t>(0, kCres.size());
  const auto byte = *rc::gen::arbitrary<char>();
  std::string mutated = kCres;
  mutated[at] = byte;
  mutated.resize(*rc::gen::inRange<std::size_t>(0, mutated.size() + 1));
  const auto report = Posted("cres=" + mutated);
  RC_ASSERT(OnlyCodes(report));
  RC_ASSERT(report.trans_status != "Y");
}

RC_GTEST_PROP(ChallengeReturnProperty, EveryCresSurvivesItsEncodings, ()) {
  const auto status = *rc::gen::element<std::string>("Y", "N", "U", "A", "C", "R", "D", "I");
  const auto filler = *rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '!'));
  const std::string json = R"({"messageType":"CRes","transStatus":")" + status + "\"}" + filler;
  const std::string text = *rc::gen::element(base::EncodeBase64Url(base::AsBytes(json)),
                                             base::EncodeBase64(base::AsBytes(json)));
  const auto report = Posted("cres=" + text);
  RC_ASSERT(report.form == ReportForm::kCres);
  RC_ASSERT(report.trans_status == status);
}

}  // namespace
}  // namespace obolus::http
