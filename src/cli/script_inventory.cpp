#include "cli/script_inventory.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/url.h"
#include "cli/browser_url.h"

namespace obolus::cli {
namespace {

namespace json = base::json;

using Integrities = std::map<std::string, std::string, std::less<>>;  // by absolute URL
using Policy = std::map<std::string, std::string, std::less<>>;       // directive -> sources

constexpr std::string_view kPolicy = "content-security-policy: ";

// What our pages are made of. Every other kind is somebody else's.
constexpr std::array<std::string_view, 11> kOurKinds = {"bytes",  "data",        "form",  "frame",
                                                        "header", "loads from",  "meta",  "preload",
                                                        "script", "style sheet", "status"};

struct HeaderRule {
  std::string_view name;
  std::string_view value;  // empty: any
};
constexpr std::array<HeaderRule, 5> kHeaderRules = {{{"cache-control", "no-store"},
                                                     {"content-type", "text/html; charset=utf-8"},
                                                     {"permissions-policy", ""},
                                                     {"referrer-policy", "no-referrer"},
                                                     {"x-content-type-options", "nosniff"}}};
constexpr std::array<std::string_view, 3> kForeignHeaders = {
    "access-control-allow-origin: ", "link: ", "refresh: "};

constexpr std::array<std::string_view, 5> kSources = {"'none'", "'self'", "'nonce-…'",
                                                      "'strict-dynamic'", "'report-sample'"};
constexpr std::array<std::string_view, 6> kNoSources = {
    "report-to", "report-uri",    "require-trusted-types-for",
    "sandbox",   "trusted-types", "upgrade-insecure-requests"};

// Every object with a path and an integrity, wherever it stands.
void Collect(const json::value& value, std::string_view url, Integrities& found) {
  if (const json::array* items = value.if_array()) {
    for (const json::value& item : *items) Collect(item, url, found);
  }
  const json::object* object = value.if_object();
  if (object == nullptr) return;
  const auto integrity = base::FindString(value, "/integrity");
  for (const char* member : {"/url", "/path", "/src"}) {
    const auto path = base::FindString(value, member);
    if (path && integrity) found[ResolveReference(url, *path)] = *integrity;
  }
  for (const auto& member : *object) Collect(member.value(), url, found);
}

bool IsSource(std::string_view source) {
  return std::ranges::find(kSources, source) != kSources.end() || source.starts_with("'sha256-") ||
         source.starts_with("'sha384-") || source.starts_with("'sha512-");
}

// Of `sources`, those that let in more than our own files.
std::vector<std::string_view> Foreign(std::string_view sources) {
  std::vector<std::string_view> foreign;
  while (!sources.empty()) {
    const std::string_view source = sources.substr(0, sources.find(' '));
    if (!source.empty() && !IsSource(source)) foreign.push_back(source);
    sources.remove_prefix(std::min(source.size() + 1, sources.size()));
  }
  return foreign;
}

class Check {
 public:
  Check(const PageRecord& record, std::string_view url) : record_(record), url_(url) {
    const std::string path = url_.substr(OriginOf(url_).size());
    frame_ = path.starts_with("/frame/");
    checkout_ = path.starts_with("/checkout/");
    challenge_ = path.starts_with("/3ds/");
  }

  void Files(const Integrities& inventory) {
    for (const PageFile& file : record_.files) {
      const std::string url = MaskKeys(file.url);
      const auto known = inventory.find(file.url);
      if (known == inventory.end()) {
        Wrong("file", url + " is not in the inventory");
        continue;
      }
      if (file.integrity != known->second) {
        Wrong("integrity", url + ": the page does not ask for the inventory's");
      }
      const PageItem bytes{"bytes", url + " " + known->second};
      if (!Has(bytes)) Wrong("bytes", url + ": not those of the inventory");
    }
  }

  void Kinds() {
    const std::string origin = OriginOf(url_);
    for (const PageItem& item : record_.items) {
      const bool ours = std::ranges::find(kOurKinds, item.kind) != kOurKinds.end();
      const bool elsewhere = item.kind == "loads from" && !item.text.ends_with(" " + origin) &&
                             !(challenge_ && item.text.starts_with("form "));
      const bool meta = item.kind == "meta" && item.text.contains("http-equiv");
      const bool status = item.kind == "status" && item.text != "200";
      if (!ours || elsewhere || meta || status) wrong_.push_back(item);
    }
  }

  void Headers() {
    for (const auto& [name, value] : kHeaderRules) Require(name, value);
    if (checkout_) Require("cross-origin-opener-policy", "same-origin");
    Require("cross-origin-resource-policy", frame_ ? "cross-origin" : "");
    for (const PageItem& item : record_.items) {
      if (item.kind != "header") continue;
      for (const std::string_view name : kForeignHeaders) {
        if (item.text.starts_with(name)) wrong_.push_back(item);
      }
    }
  }

  void ContentPolicy() {
    const Policy policy = ReadPolicy();
    for (const char* directive : {"default-src", "base-uri"}) Exactly(policy, directive, "'none'");
    if (!record_.files.empty()) {
      Exactly(policy, "require-trusted-types-for", "'script'");
      if (!policy.contains("script-src")) Wrong("header", "no script-src in the policy");
    }
    if (!challenge_ && !policy.contains("form-action")) {
      Wrong("header", "no form-action in the policy");
    }
    if (checkout_) Exactly(policy, "frame-ancestors", "'none'");
    if (frame_ && !policy.contains("frame-ancestors")) {
      Wrong("header", "no frame-ancestors in the policy");
    }
    for (const auto& [directive, sources] : policy) Sources(directive, sources);
  }

  std::vector<PageItem> Take() { return std::move(wrong_); }

 private:
  bool Has(const PageItem& item) const {
    return std::ranges::find(record_.items, item) != record_.items.end();
  }

  void Wrong(const char* kind, std::string text) { wrong_.push_back({kind, std::move(text)}); }

  void Require(std::string_view name, std::string_view value) {
    const std::string begin = std::string(name) + ": " + std::string(value);
    const bool found = std::ranges::any_of(record_.items, [&](const PageItem& item) {
      return item.kind == "header" &&
             (value.empty() ? item.text.starts_with(begin) : item.text == begin);
    });
    if (!found) Wrong("header", "no " + begin);
  }

  Policy ReadPolicy() {
    Policy policy;
    for (const PageItem& item : record_.items) {
      if (item.kind != "header" || !item.text.starts_with(kPolicy)) continue;
      const std::string text = item.text.substr(kPolicy.size());
      const std::size_t space = std::min(text.find(' '), text.size());
      const auto added = policy.try_emplace(text.substr(0, space),
                                            space == text.size() ? "" : text.substr(space + 1));
      if (!added.second) wrong_.push_back(item);
    }
    return policy;
  }

  void Exactly(const Policy& policy, std::string_view directive, std::string_view sources) {
    const auto found = policy.find(directive);
    if (found == policy.end() || found->second != sources) {
      Wrong("header",
            "no " + std::string(directive) + " " + std::string(sources) + " in the policy");
    }
  }

  // Of frame-ancestors the shops are foreign, and must be: one host each, no pattern.
  void Sources(const std::string& directive, const std::string& sources) {
    if (std::ranges::find(kNoSources, directive) != kNoSources.end()) return;
    for (const std::string_view source : Foreign(sources)) {
      const bool shop = directive == "frame-ancestors" &&
                        base::ParseUrl(source, base::HttpPolicy::kHttpOnLoopback).has_value();
      const bool picture = directive == "img-src" && source == "data:";
      if (!shop && !picture) Wrong("header", directive + " lets in " + std::string(source));
    }
  }

  const PageRecord& record_;
  const std::string url_;
  bool frame_, checkout_, challenge_;
  std::vector<PageItem> wrong_;
};

}  // namespace

base::Result<std::vector<PageItem>> CheckInventory(const json::value& inventory,
                                                   const PageRecord& record, std::string_view url) {
  Integrities integrities;
  Collect(inventory, url, integrities);
  if (integrities.empty()) {
    return base::Fail(base::ErrorCode::kInvalid, "the inventory lists no file with its integrity");
  }
  Check check(record, url);
  check.Files(integrities);
  check.Kinds();
  check.Headers();
  check.ContentPolicy();
  return check.Take();
}

}  // namespace obolus::cli
