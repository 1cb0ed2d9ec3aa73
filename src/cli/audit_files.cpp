#include "cli/audit_files.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "app/audit_head.h"

namespace obolus::cli {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

constexpr const char* kNewest = "audit.jsonl";
constexpr const char* kHead = "audit.head";

base::Result<std::string> ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.bad() || !file.is_open()) {
    return base::Fail(ErrorCode::kUnavailable,
                      path.string() + " cannot be read: " + std::generic_category().message(errno));
  }
  return text;
}

bool IsOlderFile(const std::string& name) {
  return name.starts_with("audit-") && name.ends_with(".jsonl");
}

base::Result<std::vector<fs::path>> FilesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failure;
  for (fs::directory_iterator at(folder, failure), end; !failure && at != end;
       at.increment(failure)) {
    if (IsOlderFile(at->path().filename())) files.push_back(at->path());
  }
  if (failure) {
    return base::Fail(ErrorCode::kUnavailable,
                      folder.string() + " cannot be read: " + failure.message());
  }
  std::ranges::sort(files);
  if (fs::exists(folder / kNewest, failure)) files.push_back(folder / kNewest);
  return files;
}

struct Found {
  std::vector<fs::path> files;
  std::map<std::string, base::ChainHead> heads;
  std::vector<app::AuditFault> faults;
};

base::Status AddFolder(const fs::path& folder, base::ByteView key, Found& found) {
  auto files = FilesIn(folder);
  if (!files) return std::unexpected(files.error());
  std::error_code failure;
  const fs::path head_file = folder / kHead;
  if (!fs::exists(head_file, failure)) {
    if (files->empty()) {
      return base::Fail(ErrorCode::kNotFound, folder.string() + " holds no audit log");
    }
    found.faults.push_back({head_file, 0, "is missing: nobody can say whether the end is"});
  } else {
    const auto text = ReadFile(head_file);
    if (!text) return std::unexpected(text.error());
    const auto head = app::ReadAuditHead(key, *text);
    if (head) {
      found.heads.emplace(head_file, *head);
    } else {
      found.faults.push_back({head_file, 0, head.error().message});
    }
  }
  std::ranges::move(*files, std::back_inserter(found.files));
  return {};
}

}  // namespace

base::Result<app::AuditReport> ReadAudit(
    const AuditSource& source, std::function<void(const app::AuditEntry&, std::string_view)> use) {
  Found found{.files = {}, .heads = source.heads, .faults = {}};
  for (const std::string& path : source.paths) {
    std::error_code failure;
    if (fs::is_directory(path, failure)) {
      if (auto added = AddFolder(path, source.key, found); !added) {
        return std::unexpected(added.error());
      }
    } else if (fs::exists(path, failure)) {
      found.files.emplace_back(path);
    } else {
      return base::Fail(ErrorCode::kNotFound, path + " is not there");
    }
  }
  app::AuditVerifier verifier(source.key, std::move(found.heads));
  verifier.OnEntry(std::move(use));
  for (app::AuditFault& fault : found.faults) verifier.AddFault(std::move(fault));
  for (const fs::path& file : found.files) {
    const auto text = ReadFile(file);
    if (!text) return std::unexpected(text.error());
    verifier.AddFile(file, *text);
  }
  return verifier.Finish();
}

}  // namespace obolus::cli
