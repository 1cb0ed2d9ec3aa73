#include "http/file_routes.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "http/asset.h"
#include "support/captured_answer.h"
#include "support/sequential_ids.h"

namespace obolus::http {
namespace {

class FileRoutes : public ::testing::Test {
 protected:
  FileRoutes() { AddFileRoutes(router_); }

  net::HttpResponse Get(const std::string& path, net::Headers headers = {}) {
    testing::CapturedAnswer answer;
    router_.Dispatch({.method = "GET", .target = path, .path = path, .headers = std::move(headers)},
                     answer.Responder());
    return answer.Take();
  }

  static std::string Header(const net::HttpResponse& response, const char* name) {
    const std::string* value = response.headers.Find(name);
    return value != nullptr ? *value : "(none)";
  }

  testing::SequentialIds ids_;
  base::Metrics metrics_;
  Router router_{"shopper", metrics_, ids_};
};

TEST_F(FileRoutes, ServeTheLibraryToEveryOrigin) {
  const auto script = Get("/client/v1/obolus.js");
  EXPECT_EQ(script.status, 200);
  EXPECT_EQ(script.body, Assets::Get().Content("obolus.js"));
  EXPECT_EQ(Header(script, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(Header(script, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(Header(script, "Cross-Origin-Resource-Policy"), "cross-origin");
  EXPECT_EQ(Header(script, "Cache-Control"), "public, max-age=300");
}

TEST_F(FileRoutes, ServeEveryHashedAddressForEver) {
  int hashed = 0;
  for (const AssetFile& file : Assets::Get().files) {
    if (file.hashed.empty()) continue;
    ++hashed;
    const auto answer = Get(file.hashed);
    EXPECT_EQ(answer.status, 200) << file.hashed;
    EXPECT_EQ(Header(answer, "Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(Header(answer, "Cross-Origin-Resource-Policy"),
              file.open ? "cross-origin" : "same-origin");
  }
  EXPECT_GE(hashed, 5);
}

TEST_F(FileRoutes, DoNotKnowTheHashOfAnotherVersion) {
  EXPECT_EQ(Get("/client/v1/0123456789abcdef/obolus.js").status, 404);
  EXPECT_EQ(Get("/frame/v1/0123456789abcdef/card.js").status, 404);
  EXPECT_EQ(Get("/page/v1/0123456789abcdef/nothing").status, 404);
}

TEST_F(FileRoutes, GzipForWhoTakesItAndTagBothForms) {
  const auto plain = Get("/client/v1/obolus.js");
  const auto packed = Get("/client/v1/obolus.js", {{"Accept-Encoding", "br, gzip"}});
  EXPECT_EQ(Header(plain, "Content-Encoding"), "(none)");
  EXPECT_EQ(Header(packed, "Content-Encoding"), "gzip");
  EXPECT_EQ(packed.body, Assets::Get().Content("obolus.js.gz"));
  EXPECT_NE(Header(plain, "ETag"), Header(packed, "ETag"));
  for (const auto& answer : {plain, packed}) {
    EXPECT_EQ(Header(answer, "Vary"), "Accept-Encoding");
  }
}

TEST_F(FileRoutes, SayNotModifiedToWhoHasItAlready) {
  const std::string etag = Header(Get("/client/v1/obolus.js"), "ETag");
  for (const std::string& known : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
    const auto answer = Get("/client/v1/obolus.js", {{"If-None-Match", known}});
    EXPECT_EQ(answer.status, 304) << known;
    EXPECT_TRUE(answer.body.empty());
    EXPECT_EQ(Header(answer, "ETag"), etag);
  }
  const net::Headers other = {{"If-None-Match", etag}, {"Accept-Encoding", "gzip"}};
  EXPECT_EQ(Get("/client/v1/obolus.js", other).status, 200) << "the tag of the other form";
}

TEST_F(FileRoutes, GiveTheTextsOfTheNearestLanguage) {
  for (const char* name : {"en.json", "en-GB.json", "xx.json", "en"}) {
    const auto texts = Get(std::string("/frame/v1/texts/") + name);
    EXPECT_EQ(texts.status, 200) << name;
    EXPECT_EQ(Header(texts, "Content-Type"), "application/json");
    EXPECT_EQ(Header(texts, "Content-Language"), "en");
    const auto json = base::ParseJson(texts.body);
    ASSERT_TRUE(json);
    EXPECT_TRUE(base::FindString(*json, "/frame.number.label"));
    EXPECT_FALSE(base::FindString(*json, "/checkout.pay"));
  }
}

TEST_F(FileRoutes, TellWhichFilesAndScriptsThereAre) {
  const auto manifest = base::ParseJson(Get("/client/v1/manifest.json").body);
  ASSERT_TRUE(manifest);
  const base::json::value* files = base::FindPointer(*manifest, "/files");
  ASSERT_TRUE(files != nullptr && files->is_array());
  bool has_library = false;
  for (const base::json::value& file : files->get_array()) {
    const std::string url = base::FindString(file, "/url").value_or("");
    const std::string name = url.substr(url.rfind('/') + 1);
    EXPECT_EQ(Get(url).body, Assets::Get().Content(name)) << url;
    EXPECT_TRUE(base::FindString(file, "/integrity")->starts_with("sha384-")) << url;
    has_library = has_library || name == "obolus.js";
  }
  EXPECT_TRUE(has_library);
  const auto inventory = base::ParseJson(Get("/script-inventory.json").body);
  ASSERT_TRUE(inventory);
  EXPECT_EQ(base::FindString(*inventory, "/pages/0/page"), "card");
  for (const char* member : {"url", "integrity", "purpose", "authorisation"}) {
    EXPECT_TRUE(base::FindString(*inventory, std::string("/pages/0/scripts/0/") + member));
  }
  EXPECT_TRUE(base::FindString(*inventory, "/pages/0/headers/Content-Security-Policy"));
}

}  // namespace
}  // namespace obolus::http
