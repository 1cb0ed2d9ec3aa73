#include "base/json.h"

#include <gtest/gtest.h>

namespace obolus::base {
namespace {

TEST(Json, ParsesAndPrints) {
  const auto value = ParseJson(R"({"a":[1,"zwei",null],"b":{"c":true}})");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(ToText(*value), R"({"a":[1,"zwei",null],"b":{"c":true}})");
}

TEST(Json, RefusesWhatIsNotOneValueAndSaysWhere) {
  for (const char* text :
       {"", "{", "{}x", "{} {}", "{'a':1}", "{\"a\":01}", "\"\xff\"", "nul", "[1,]"}) {
    const auto value = ParseJson(text);
    ASSERT_FALSE(value.has_value()) << text;
    EXPECT_EQ(value.error().code, ErrorCode::kMalformed) << text;
    EXPECT_NE(value.error().message.find("byte"), std::string::npos) << value.error().message;
  }
}

TEST(Json, RefusesANumberThatIsTooLargeToBePrintedAgain) {
  for (const char* text : {"1e400", "[0,-1e309]", R"({"a":{"b":[1e999]}})"}) {
    const auto value = ParseJson(text);
    ASSERT_FALSE(value.has_value()) << text;
    EXPECT_EQ(value.error().code, ErrorCode::kMalformed);
  }
  EXPECT_TRUE(ParseJson("[1e308,1e-400]"));
}

TEST(Json, SizeAndDepthAreLimited) {
  EXPECT_EQ(ParseJson(std::string(65, ' ') + "1", {.max_bytes = 64, .max_depth = 4}).error().code,
            ErrorCode::kTooLarge);
  EXPECT_TRUE(ParseJson("[[[1]]]", {.max_bytes = 64, .max_depth = 4}).has_value());
  EXPECT_EQ(ParseJson("[[[[[[1]]]]]]", {.max_bytes = 64, .max_depth = 4}).error().code,
            ErrorCode::kMalformed);
}

TEST(Json, PointersFollowRfc6901) {
  const auto value = *ParseJson(R"({"a":{"b/c":[10,{"d":"x"}]}})");
  EXPECT_EQ(FindString(value, "/a/b~1c/1/d"), "x");
  EXPECT_EQ(FindString(value, "/a/b~1c/0"), std::nullopt);
  EXPECT_EQ(FindPointer(value, "/a/missing"), nullptr);
  EXPECT_EQ(FindPointer(value, "no-slash"), nullptr);
}

TEST(Json, ReaderCollectsEveryFaultWithItsPointer) {
  const auto value = *ParseJson(
      R"({"s":1,"empty":"","long":"12345","i":"1","big":99,"f":1.5,"b":"yes","o":[],"a":{}})");
  std::vector<FieldError> faults;
  JsonReader reader(value.as_object(), "/x", &faults);
  EXPECT_FALSE(reader.String("s"));
  EXPECT_FALSE(reader.String("empty"));
  EXPECT_FALSE(reader.String("long", 4));
  EXPECT_FALSE(reader.Integer("i", 0, 9));
  EXPECT_FALSE(reader.Integer("big", 0, 9));
  EXPECT_FALSE(reader.Integer("f", 0, 9));
  EXPECT_FALSE(reader.Boolean("b"));
  EXPECT_EQ(reader.Object("o"), nullptr);
  EXPECT_EQ(reader.Array("a"), nullptr);
  ASSERT_EQ(faults.size(), 9U);
  EXPECT_EQ(faults[0], (FieldError{"/x/s", "must be a string"}));
  EXPECT_EQ(faults[4], (FieldError{"/x/big", "must be an integer from 0 to 9"}));
  const auto error = InvalidMembers(faults).error();
  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_EQ(error.message, "/x/s must be a string");
}

TEST(Json, MissingAndNullReadAsAbsent) {
  const auto value = *ParseJson(R"({"n":null})");
  std::vector<FieldError> faults;
  JsonReader reader(value.as_object(), "", &faults);
  EXPECT_FALSE(reader.String("n"));
  EXPECT_FALSE(reader.Integer("missing", 0, 1));
  EXPECT_EQ(reader.Object("n"), nullptr);
  EXPECT_TRUE(faults.empty());
}

}  // namespace
}  // namespace obolus::base
