#include "cli/page_watch.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/integrity.h"
#include "base/json.h"
#include "cli/browser_url.h"
#include "cli/html_elements.h"
#include "cli/page_fetch.h"
#include "cli/page_record.h"
#include "cli/script_inventory.h"

namespace obolus::cli {
namespace {

namespace json = base::json;

constexpr std::size_t kMaxDepth = 4'000;
constexpr base::JsonLimits kLimits{.max_bytes = 8 * 1024 * 1024, .max_depth = 16};

struct Difference {
  std::string change;  // "new", "missing" or "wrong"
  PageItem item;
};

// One look at the page: what it is, and what is wrong with it whatever was expected.
struct Look {
  PageRecord record;
  std::vector<PageItem> wrong;
};

void LookAtFile(const PageFetch& fetch, const PageFile& file, Look& look) {
  const std::string url = MaskKeys(file.url);
  const auto bytes = fetch.GetFile(file.url);
  if (!bytes) {
    look.wrong.push_back({"file", MaskKeys(bytes.error().message)});
    return;
  }
  look.record.items.push_back({"bytes", url + " " + base::IntegrityOf(*bytes)});
  if (file.integrity.empty()) return;
  switch (base::CheckIntegrity(file.integrity, *bytes)) {
    case base::IntegrityVerdict::kMatches:
      return;
    case base::IntegrityVerdict::kNone:
      return look.wrong.push_back({"integrity", url + ": no browser understands its attribute"});
    case base::IntegrityVerdict::kDiffers:
      return look.wrong.push_back(
          {"integrity", url + ": the bytes are not those of its attribute"});
  }
}

base::Result<Look> LookAt(const PageFetch& fetch, const std::string& url) {
  const auto response = fetch.Get(url);
  if (!response) return std::unexpected(response.error());
  if (DepthOf(response->body) > kMaxDepth) {
    return base::Fail(base::ErrorCode::kTooLarge, url + " nests more than 4000 elements");
  }
  Look look{RecordPage(url, *response), {}};
  std::vector<PageFile> files = look.record.files;
  std::ranges::sort(files);
  const auto repeated = std::ranges::unique(files);
  files.erase(repeated.begin(), repeated.end());
  for (const PageFile& file : files) LookAtFile(fetch, file, look);
  std::ranges::sort(look.record.items);
  return look;
}

std::vector<Difference> Compare(const std::vector<PageItem>& expected,
                                const std::vector<PageItem>& found) {
  std::vector<PageItem> more;
  std::vector<PageItem> fewer;
  std::ranges::set_difference(found, expected, std::back_inserter(more));
  std::ranges::set_difference(expected, found, std::back_inserter(fewer));
  std::vector<Difference> differences;
  for (PageItem& item : more) differences.push_back({"new", std::move(item)});
  for (PageItem& item : fewer) differences.push_back({"missing", std::move(item)});
  return differences;
}

// What two looks in a row tell: each answer has its own nonce, and everything else stays.
std::vector<Difference> CompareLooks(const Look& first, const Look& second) {
  std::vector<Difference> differences;
  for (const Look* look : {&first, &second}) {
    for (const PageItem& item : look->wrong) {
      const bool known = std::ranges::any_of(
          differences, [&](const Difference& known_one) { return known_one.item == item; });
      if (!known) differences.push_back({"wrong", item});
    }
  }
  for (const std::string& nonce : first.record.nonces) {
    if (second.record.nonces.contains(nonce)) {
      differences.push_back({"wrong", {"nonce", "two answers have the same nonce"}});
    }
  }
  for (Difference& difference : Compare(first.record.items, second.record.items)) {
    difference.item.text += " (in one of two answers)";
    differences.push_back(std::move(difference));
  }
  return differences;
}

base::Result<json::value> ReadJsonFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return base::Fail(base::ErrorCode::kInvalid, path + " cannot be read");
  auto parsed = base::ParseJson(text.str(), kLimits);
  if (!parsed) parsed.error().message = path + ": " + parsed.error().message;
  return parsed;
}

base::Result<json::value> FetchInventory(const PageFetch& fetch, const std::string& url) {
  const auto text = fetch.GetFile(ResolveReference(url, "/script-inventory.json"));
  if (!text) return std::unexpected(text.error());
  return base::ParseJson(*text, kLimits);
}

json::object ToBaseline(const std::string& url, const PageRecord& record) {
  json::array items;
  for (const PageItem& item : record.items) items.push_back({item.kind, item.text});
  return {{"pagewatch", 1}, {"url", MaskKeys(url)}, {"items", std::move(items)}};
}

base::Result<std::vector<PageItem>> FromBaseline(const json::array& items) {
  std::vector<PageItem> expected;
  for (const json::value& item : items) {
    const json::array* pair = item.if_array();
    if (pair == nullptr || pair->size() != 2 || !pair->at(0).is_string() ||
        !pair->at(1).is_string()) {
      return base::Fail(base::ErrorCode::kInvalid, "the baseline is not one that --save wrote");
    }
    expected.push_back(
        {std::string(pair->at(0).get_string()), std::string(pair->at(1).get_string())});
  }
  std::ranges::sort(expected);
  return expected;
}

// What differs from a baseline or an inventory, whichever `expected` is.
base::Result<std::vector<Difference>> CompareWith(const json::value& expected, const Look& look,
                                                  const std::string& url) {
  const json::value* items = base::FindPointer(expected, "/items");
  if (items != nullptr && items->is_array()) {
    const auto baseline = FromBaseline(items->get_array());
    if (!baseline) return std::unexpected(baseline.error());
    return Compare(*baseline, look.record.items);
  }
  auto unknown = CheckInventory(expected, look.record, url);
  if (!unknown) return std::unexpected(std::move(unknown.error()));
  std::vector<Difference> differences;
  for (PageItem& item : *unknown) differences.push_back({"wrong", std::move(item)});
  return differences;
}

std::string Describe(const PageWatchOptions& options, const Look& look,
                     const std::vector<Difference>& differences) {
  const std::string url = MaskKeys(options.url);
  if (options.json) {
    json::array list;
    for (const auto& [change, item] : differences) {
      list.push_back({{"change", change}, {"kind", item.kind}, {"text", item.text}});
    }
    return base::ToText({{"url", url},
                         {"same", differences.empty()},
                         {"files", look.record.files.size()},
                         {"items", look.record.items.size()},
                         {"differences", std::move(list)}}) +
           "\n";
  }
  std::string text = url + ": ";
  if (differences.empty()) {
    return text + "as expected (" + std::to_string(look.record.files.size()) + " files, " +
           std::to_string(look.record.items.size()) + " facts)\n";
  }
  text += std::to_string(differences.size()) +
          (differences.size() == 1 ? " difference\n" : " differences\n");
  for (const auto& [change, item] : differences) {
    text +=
        "  " + change + std::string(9 - change.size(), ' ') + item.kind + ": " + item.text + "\n";
  }
  return text;
}

base::Status Save(const PageWatchOptions& options, const Look& look) {
  const PageItem answered{"status", "200"};
  if (!std::ranges::binary_search(look.record.items, answered)) {
    return base::Fail(base::ErrorCode::kNotFound,
                      options.url + " does not answer 200; give the address that shoppers end at");
  }
  std::ofstream file(options.save_file, std::ios::binary | std::ios::trunc);
  file << base::ToText(ToBaseline(options.url, look.record)) << "\n";
  file.close();
  if (!file) return base::Fail(base::ErrorCode::kInvalid, options.save_file + " cannot be written");
  return {};
}

}  // namespace

base::Result<PageWatchReport> WatchPage(const PageWatchOptions& options) {
  const auto fetch = PageFetch::Make(options.ca_file);
  if (!fetch) return std::unexpected(fetch.error());
  base::Result<json::value> expected = json::value();
  if (!options.inventory_file.empty()) {
    expected = ReadJsonFile(options.inventory_file);
  } else if (options.save_file.empty()) {
    expected = FetchInventory(*fetch, options.url);
  }
  if (!expected) return std::unexpected(std::move(expected.error()));
  const auto first = LookAt(*fetch, options.url);
  if (!first) return std::unexpected(first.error());
  const auto second = LookAt(*fetch, options.url);
  if (!second) return std::unexpected(second.error());
  std::vector<Difference> differences = CompareLooks(*first, *second);
  if (options.save_file.empty()) {
    auto compared = CompareWith(*expected, *first, options.url);
    if (!compared) return std::unexpected(std::move(compared.error()));
    std::ranges::move(*compared, std::back_inserter(differences));
  } else if (auto saved = Save(options, *first); !saved) {
    return std::unexpected(std::move(saved.error()));
  }
  return PageWatchReport{differences.empty(), Describe(options, *first, differences)};
}

}  // namespace obolus::cli
