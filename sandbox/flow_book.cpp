#include <fstream>
#include <iterator>
#include <system_error>

#include "sandbox/page.h"
#include "sandbox/server.h"

namespace obolus::sandbox {
namespace {

base::Status AddFlow(FlowBook& book, const std::string& file, std::string_view text) {
  auto flow = Flow::Parse(text);
  if (!flow) {
    auto error = flow.error();
    error.message = file + ": " + error.message;
    for (const auto& field : error.fields) {
      error.message += " (" + field.pointer + " " + field.detail + ")";
    }
    return std::unexpected(std::move(error));
  }
  std::string name = flow->name();
  if (!book.emplace(name, std::make_shared<const Flow>(std::move(*flow))).second) {
    return base::Invalid("/name", file + ": there are two flows named " + name);
  }
  return {};
}

}  // namespace

base::Result<FlowBook> ReadFlows(const std::filesystem::path& folder) {
  FlowBook book;
  if (folder.empty()) {
    for (const auto& asset : FlowAssets()) {
      if (auto added = AddFlow(book, std::string(asset.name), asset.content); !added) {
        return std::unexpected(added.error());
      }
    }
    return book;
  }
  std::error_code failed;
  for (const auto& file : std::filesystem::directory_iterator(folder, failed)) {
    if (file.path().extension() != ".json") continue;
    std::ifstream in(file.path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (auto added = AddFlow(book, file.path().filename().string(), text); !added) {
      return std::unexpected(added.error());
    }
  }
  if (book.empty()) {
    return base::Fail(base::ErrorCode::kNotFound, "no flow (*.json) in " + folder.string());
  }
  return book;
}

}  // namespace obolus::sandbox
