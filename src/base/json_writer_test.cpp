#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/json.h"

namespace obolus::base {
namespace {

TEST(JsonObject, WritesMembersInOrderAndLeavesOutWhatIsEmpty) {
  std::string out;
  {
    JsonObject object(&out);
    object.Add("text", "a");
    object.Add("number", std::int64_t{-7});
    object.Add("time", FromMillis(1795378971123));
    object.AddBool("flag", true);
    object.Add("absent", std::optional<std::string>());
    object.AddText("empty", "");
    const auto same = [](const std::string& item) -> std::string_view { return item; };
    object.AddTexts("none", std::vector<std::string>{}, same);
    object.AddTexts("list", std::vector<std::string>{"x", "y"}, same);
    object.Name("inner");
    JsonObject(object.out()).Add("n", std::optional<std::int64_t>(1));
  }
  EXPECT_EQ(out, R"({"text":"a","number":-7,"time":1795378971123,"flag":true,"list":["x","y"],)"
                 R"("inner":{"n":1}})");
}

TEST(JsonObject, WhatItWritesOfAnyByteIsReadBackAsItWas) {
  std::string text = "grüße €";
  for (char c = 0; c < 0x7f; ++c) text.push_back(c);
  std::string out;
  {
    JsonObject(&out).Add("text", text);
  }
  const auto read = ParseJson(out);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(std::string(read->at("text").as_string()), text);
}

}  // namespace
}  // namespace obolus::base
