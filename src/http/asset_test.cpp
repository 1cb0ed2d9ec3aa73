#include "http/asset.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"

namespace obolus::http {
namespace {

TEST(Assets, HoldEveryFileInBothForms) {
  const Assets& assets = Assets::Get();
  ASSERT_FALSE(assets.files.empty());
  for (const AssetFile& file : assets.files) {
    const std::string_view content = assets.Content(file.name);
    EXPECT_FALSE(content.empty()) << file.name;
    const auto digest = base::Sha256(base::AsBytes(content));
    EXPECT_EQ(base::EncodeHex(base::ByteView(digest).first(16)), file.etag) << file.name;
    EXPECT_TRUE(assets.Content(file.name + ".gz").starts_with("\x1f\x8b")) << file.name;
  }
}

TEST(Assets, HaveEveryPageInEveryLanguage) {
  const Assets& assets = Assets::Get();
  EXPECT_NE(std::ranges::find(assets.languages, "en"), assets.languages.end());
  for (const std::string& language : assets.languages) {
    for (const char* page : {"card", "checkout", "start", "wait-preparing", "end-gone"}) {
      const auto html = assets.Content("pages/" + std::string(page) + "." + language + ".html");
      EXPECT_TRUE(html.starts_with("<!doctype html>\n<html lang=\"" + language + "\""));
    }
    EXPECT_FALSE(assets.Content("texts/" + language + ".json").empty());
  }
}

TEST(Assets, HashTheAddressOfEveryScript) {
  for (const AssetFile& file : Assets::Get().files) {
    if (!file.type.starts_with("text/javascript")) continue;
    EXPECT_TRUE(file.hashed.contains("/" + file.etag.substr(0, 16) + "/")) << file.hashed;
  }
}

}  // namespace
}  // namespace obolus::http
