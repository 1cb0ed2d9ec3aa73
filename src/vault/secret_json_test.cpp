#include "vault/secret_json.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace obolus::vault {
namespace {

namespace json = base::json;

TEST(SecretJson, ComesBackAsItWas) {
  const std::string text = R"({"a":"x\"\\é","b":[1,-2,3.5E0,true,null],"c":{"d":""}})";
  SecretArena arena;
  const auto value = ParseSecretJson(text, arena);
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, json::parse(text));
  EXPECT_EQ(json::parse(std::string(ToSecretText(*value).text())), json::parse(text));
}

TEST(SecretJson, LivesInTheArenaWhole) {
  SecretArena arena;
  const auto value = ParseSecretJson(R"({"list":["a long text that is no small string"]})", arena);
  ASSERT_TRUE(value);
  const json::storage_ptr storage = arena.storage();
  EXPECT_EQ(*value->storage(), *storage);
  const json::value& text = value->at("list").as_array().at(0);
  EXPECT_EQ(*text.storage(), *storage);
}

TEST(SecretJson, CarriesTextsOfAnySize) {
  for (const std::size_t size : {0, 1, 4000, 4096, 5000, 8192, 100000}) {
    SecretArena arena;
    json::value value(json::object_kind, arena.storage());
    value.get_object()["text"] = std::string(size, 'x');
    const base::SecretBytes text = ToSecretText(value);
    EXPECT_EQ(text.size(), size + 11);
    const auto again = ParseSecretJson(text.text(), arena);
    ASSERT_TRUE(again) << size;
    EXPECT_EQ(*again, value);
  }
}

TEST(SecretJson, RefusesWhatIsNotJsonAndRepeatsNothingOfIt) {
  const std::string deep = std::string(20, '[') + std::string(20, ']');
  for (const std::string_view text :
       {std::string_view(), std::string_view("{"), std::string_view("4242x"),
        std::string_view(R"({"number":"4242424242424242",})"), std::string_view("{} {}"),
        std::string_view("\"\xff\xfe\""), std::string_view("nul"), std::string_view(deep)}) {
    SecretArena arena;
    const auto value = ParseSecretJson(text, arena);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code, base::ErrorCode::kMalformed);
    EXPECT_EQ(value.error().message.find("4242"), std::string::npos);
  }
}

TEST(SecretArena, AlignsAndNeverOverlaps) {
  SecretArena arena;
  json::memory_resource& resource = arena;
  auto* a = static_cast<unsigned char*>(resource.allocate(3, 1));
  auto* b = static_cast<unsigned char*>(resource.allocate(8, 8));
  auto* c = static_cast<unsigned char*>(resource.allocate(10000, 16));
  auto* d = static_cast<unsigned char*>(resource.allocate(1, 1));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(b) % 8, 0U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(c) % 16, 0U);
  std::fill_n(c, 10000, 7);
  *a = 1;
  *b = 2;
  *d = 3;
  EXPECT_EQ(c[0], 7);
  EXPECT_EQ(c[9999], 7);
  EXPECT_EQ(*a, 1);
  EXPECT_EQ(*b, 2);
}

}  // namespace
}  // namespace obolus::vault
