#include "app/emv_message.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace obolus::app {
namespace {

// Encodes with "+" and "/" in the other alphabet, and with padding.
constexpr char kCres[] = R"({"messageType":"CRes","messageVersion":"2.2.0","transStatus":"Y",)"
                         R"("acsTransID":"a-1","threeDSServerTransID":"s-1","x":"~~~???>>>.."})";

std::string Url(std::string_view text) {
  return base::EncodeBase64Url(base::AsBytes(text));
}
std::string Standard(std::string_view text) {
  return base::EncodeBase64(base::AsBytes(text));
}

TEST(EmvMessage, IsReadAsTheStandardHasIt) {
  const auto message = ReadEmvMessage(Url(kCres));
  ASSERT_TRUE(message);
  EXPECT_EQ(*message, (EmvMessage{.type = "CRes",
                                  .acs_trans_id = "a-1",
                                  .three_ds_server_trans_id = "s-1",
                                  .message_version = "2.2.0",
                                  .trans_status = "Y"}));
}

TEST(EmvMessage, IsReadAsIssuersSendIt) {
  const std::string standard = Standard(kCres);
  ASSERT_TRUE(standard.contains('+') && standard.contains('/') && standard.ends_with('='))
      << standard;
  std::string spaced = standard;
  for (char& c : spaced) c = c == '+' ? ' ' : c;
  std::string broken = Url(kCres);
  for (std::size_t at = 64; at < broken.size(); at += 66) broken.insert(at, "\r\n");
  for (const std::string& text :
       {standard, spaced, broken, Url(kCres) + "==", " " + Url(kCres) + "\n", std::string(kCres)}) {
    EXPECT_EQ(ReadEmvMessage(text), ReadEmvMessage(Url(kCres))) << text;
  }
}

TEST(EmvMessage, IsNothingWhenItCannotBeRead) {
  const std::string cut = Url(kCres).substr(0, 40);
  for (const std::string& text :
       {std::string(), std::string("="), std::string("%%%"), cut, Url("[]"), Url("\"Y\""),
        Url("{\"transStatus\":\"Y\""), std::string("{"), std::string("e30x!"), Url("\xff\xfe")}) {
    EXPECT_FALSE(ReadEmvMessage(text)) << text;
  }
}

TEST(EmvMessage, IsNothingWhenItIsTooLong) {
  const std::string filler(64 * 1024, 'x');
  EXPECT_FALSE(ReadEmvMessage(Url("{\"a\":\"" + filler + "\"}")));
  EXPECT_FALSE(ReadEmvMessage("{\"a\":\"" + filler + "\"}"));
}

TEST(EmvMessage, LeavesOutWhatIsNotWellFormed) {
  for (const char* json : {
           R"({"transStatus":"YES"})",
           R"({"transStatus":"y"})",
           R"({"transStatus":true})",
           R"({"transStatus":""})",
           R"({"challengeCancel":"1"})",
           R"({"challengeCancel":"0x"})",
           R"({"messageVersion":"2.2.0 <b>"})",
           R"({"messageVersion":"2.2.0.0.0"})",
           R"({"challengeWindowSize":"06"})",
           R"({"challengeWindowSize":5})",
           R"({"errorCode":"20"})",
           R"({"acsTransID":""})",
       }) {
    EXPECT_EQ(ReadEmvMessage(Url(json)), EmvMessage{}) << json;
  }
}

TEST(EmvMessage, KnowsEveryCodeOfTheStandard) {
  for (const char* status : {"Y", "N", "U", "A", "C", "R", "D", "I"}) {
    const auto message = ReadEmvMessage("{\"transStatus\":\"" + std::string(status) + "\"}");
    EXPECT_EQ(message->trans_status, status);
  }
  for (const char* size : {"01", "02", "03", "04", "05"}) {
    const auto message = ReadEmvMessage("{\"challengeWindowSize\":\"" + std::string(size) + "\"}");
    EXPECT_EQ(message->window_size, size);
  }
  const auto message = ReadEmvMessage(R"({"challengeCancel":"01","errorCode":"203"})");
  EXPECT_EQ(message->challenge_cancel, "01");
  EXPECT_EQ(message->error_code, "203");
}

}  // namespace
}  // namespace obolus::app
