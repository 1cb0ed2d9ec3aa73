#include "cli/page_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <functional>

#include "base/integrity.h"
#include "net/test_folder.h"
#include "net/test_server.h"

namespace obolus::cli {
namespace {

// A shop's page with one script.
class Shop {
 public:
  std::string script = "run()";
  std::string body = "<script src=/x.js integrity=" + base::IntegrityOf("run()") + "></script>";
  std::function<std::string(int)> nonce = [](int answer) { return "n" + std::to_string(answer); };
  int status = 200;

  base::Result<PageWatchReport> Watch(PageWatchOptions options = {}) {
    options.url = "http://127.0.0.1:" + std::to_string(server_.port()) + "/pay";
    return WatchPage(options);
  }

  // Whether it is still as it was when `options` saved it.
  bool IsAs(const std::string& baseline) {
    const auto report = Watch({.inventory_file = baseline});
    EXPECT_TRUE(report) << report.error().message;
    return report && report->same;
  }

 private:
  net::HttpResponse Answer(const net::HttpRequest& request) {
    if (request.path == "/x.js") return {.status = 200, .headers = {}, .body = script};
    if (request.path == "/moved.js") {
      return {.status = 302, .headers = {{"Location", "x.js"}}, .body = {}};
    }
    if (request.path != "/pay") return {.status = 404, .headers = {}, .body = {}};
    return {
        .status = status,
        .headers = {{"Content-Security-Policy", "script-src 'nonce-" + nonce(++answers_) + "'"}},
        .body = body};
  }

  std::atomic<int> answers_ = 0;
  net::TestServer server_{[this](const net::HttpRequest& request, net::Responder responder) {
    responder.Send(Answer(request));
  }};
};

class PageWatch : public ::testing::Test {
 protected:
  PageWatch() {
    const auto saved = shop_.Watch({.save_file = baseline_});
    EXPECT_TRUE(saved && saved->same);
  }

  net::TestFolder folder_;
  const std::string baseline_ = folder_.path() / "baseline.json";
  Shop shop_;
};

TEST_F(PageWatch, FindsThePageAsItWas) {
  EXPECT_TRUE(shop_.IsAs(baseline_));
}

TEST_F(PageWatch, FindsAnotherScript) {
  shop_.body += "<script src=/y.js></script>";
  EXPECT_FALSE(shop_.IsAs(baseline_));
}

TEST_F(PageWatch, FindsOtherBytesAndSaysSo) {
  shop_.script = "steal()";
  const auto report = shop_.Watch({.inventory_file = baseline_});
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->same);
  EXPECT_TRUE(report->text.contains("the bytes are not those of its attribute")) << report->text;
}

TEST_F(PageWatch, FindsANonceThatIsUsedTwice) {
  shop_.nonce = [](int) { return "always"; };
  EXPECT_FALSE(shop_.IsAs(baseline_));
}

TEST_F(PageWatch, FollowsAScriptThatHasMoved) {
  shop_.body = "<script src=/moved.js></script>";
  ASSERT_TRUE(shop_.Watch({.save_file = baseline_}));
  EXPECT_TRUE(shop_.IsAs(baseline_));
  shop_.script = "steal()";
  EXPECT_FALSE(shop_.IsAs(baseline_));
}

TEST_F(PageWatch, SaysTheSameToMachines) {
  const auto same = shop_.Watch({.inventory_file = baseline_, .json = true});
  ASSERT_TRUE(same);
  EXPECT_TRUE(same->text.contains(R"("same":true)")) << same->text;
  shop_.body += "<base href=//evil.example>";
  const auto other = shop_.Watch({.inventory_file = baseline_, .json = true});
  ASSERT_TRUE(other);
  EXPECT_TRUE(other->text.contains(R"({"change":"new","kind":"base","text":)")) << other->text;
}

TEST_F(PageWatch, SaysWhenItCannotLook) {
  EXPECT_FALSE(shop_.Watch());  // the shop has no inventory
  EXPECT_FALSE(shop_.Watch({.inventory_file = folder_.path() / "missing.json"}));
  std::ofstream(folder_.path() / "other.json") << R"({"items": [1]})";
  EXPECT_FALSE(shop_.Watch({.inventory_file = folder_.path() / "other.json"}));
  EXPECT_FALSE(WatchPage({.url = "http://shop.example/", .inventory_file = baseline_}));
  EXPECT_FALSE(WatchPage({.url = "http://127.0.0.1:1/", .inventory_file = baseline_}));
  for (int i = 0; i < 5'000; ++i) shop_.body += "<div>";
  EXPECT_FALSE(shop_.Watch({.inventory_file = baseline_}));
  shop_.status = 500;
  EXPECT_FALSE(shop_.Watch({.save_file = baseline_}));
}

}  // namespace
}  // namespace obolus::cli
