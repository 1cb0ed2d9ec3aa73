// Searches files, folders and the memory of processes for canary cards, and prints one JSON object
// a place: {"place", "bytes", "files", "hits": [{"kind", "needle", "encoding", "digits",
// "where"}]}. Needles are named by their place in the list and never printed.
//
//   canary_search NEEDLES [--binary | --text | --memory | --dumpable] PLACE...
//
// NEEDLES: a file of lines "number 4242…", "code 123", "name word". Each option counts for the
// places after it. --memory: PLACE is a process id, all that it may read; --dumpable: without what
// core dumps leave out (VmFlags dd).
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/json.h"
#include "canary/search.h"

namespace obolus::canary {
namespace {

namespace fs = std::filesystem;
namespace json = base::json;

constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::size_t kOverlap = 4096;  // longer than any needle in any encoding
constexpr std::size_t kMostHits = 50;   // of one place, printed

std::vector<Needle> ReadNeedles(const char* path) {
  std::ifstream file(path);
  CHECK(file.good());
  std::vector<Needle> needles;
  for (std::string kind, text; file >> kind >> text;) {
    CHECK(kind == "number" || kind == "code" || kind == "name");
    needles.push_back({kind == "number" ? Kind::kNumber
                       : kind == "code" ? Kind::kCode
                                        : Kind::kName,
                       text});
  }
  CHECK(!needles.empty());
  return needles;
}

const char* ToString(Kind kind) {
  return kind == Kind::kNumber ? "number" : kind == Kind::kCode ? "code" : "name";
}

struct Report {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  std::uint64_t hit_count = 0;
  json::array hits;

  void Add(const Searcher& /*searcher*/, const std::vector<Hit>& found, const std::string& where,
           std::uint64_t base) {
    for (const Hit& hit : found) {
      ++hit_count;
      if (hits.size() >= kMostHits) continue;
      hits.push_back(json::object{{"kind", ToString(hit.kind)},
                                  {"needle", hit.needle},
                                  {"encoding", hit.encoding},
                                  {"digits", hit.digits},
                                  {"where", where},
                                  {"at", base + hit.offset}});
    }
  }
};

void SearchFile(Searcher& searcher, const fs::path& path, Report& report) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return;  // gone, as temporary files are
  ++report.files;
  std::string chunk;
  for (std::uint64_t at = 0; file;) {
    const std::size_t kept = std::min(chunk.size(), kOverlap);
    chunk.erase(0, chunk.size() - kept);
    chunk.resize(kept + kChunk);
    file.read(chunk.data() + kept, static_cast<std::streamsize>(kChunk));
    const auto got = static_cast<std::size_t>(file.gcount());
    chunk.resize(kept + got);
    if (got == 0) break;
    report.Add(searcher, searcher.Search(chunk), path.string(), at - kept);
    at += got;
    report.bytes += got;
  }
}

void SearchPath(Searcher& searcher, const fs::path& path, Report& report) {
  std::error_code ignored;
  if (!fs::is_directory(path)) return SearchFile(searcher, path, report);
  auto each = fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied,
                                               ignored);
  for (const auto end = fs::end(each); !ignored && each != end; each.increment(ignored)) {
    if (each->is_regular_file(ignored)) SearchFile(searcher, each->path(), report);
  }
}

struct Mapping {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string name;
  bool readable = false;
  bool dumped = true;
};

std::vector<Mapping> MappingsOf(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/smaps");
  CHECK(file.good());
  std::vector<Mapping> mappings;
  for (std::string line; std::getline(file, line);) {
    unsigned long begin = 0, end = 0;
    char mode[5] = {};
    int name = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %*s %n", &begin, &end, mode, &name) == 3) {
      mappings.push_back({begin, end, line.substr(static_cast<std::size_t>(name)), mode[0] == 'r'});
    } else if (line.starts_with("VmFlags:") && !mappings.empty()) {
      mappings.back().dumped = !(line + " ").contains(" dd ");
    }
  }
  return mappings;
}

void SearchMemory(Searcher& searcher, const std::string& pid, bool dumpable, Report& report) {
  const int memory = open(("/proc/" + pid + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  CHECK(memory >= 0);
  std::string chunk;
  for (const Mapping& mapping : MappingsOf(pid)) {
    if (!mapping.readable || (dumpable && !mapping.dumped)) continue;
    ++report.files;
    chunk.clear();
    for (std::uint64_t at = mapping.begin; at < mapping.end;) {
      const std::size_t kept = std::min(chunk.size(), kOverlap);
      chunk.erase(0, chunk.size() - kept);
      const std::size_t wanted = std::min<std::uint64_t>(kChunk, mapping.end - at);
      chunk.resize(kept + wanted);
      const ssize_t got = pread(memory, chunk.data() + kept, wanted, static_cast<off_t>(at));
      if (got <= 0) break;  // [vvar], guard pages
      chunk.resize(kept + static_cast<std::size_t>(got));
      // Most of what a process may read it has never written.
      if (chunk.find_first_not_of('\0') != std::string::npos) {
        report.Add(searcher, searcher.Search(chunk),
                   mapping.name.empty() ? "anonymous" : mapping.name, at - kept);
      }
      at += static_cast<std::uint64_t>(got);
      report.bytes += static_cast<std::uint64_t>(got);
    }
  }
  close(memory);
}

int Main(std::span<char*> arguments) {
  const std::vector<Needle> needles = ReadNeedles(arguments[0]);
  auto searcher = std::make_unique<Searcher>(needles, true);
  std::string mode = "--binary";
  for (const std::string argument : arguments.subspan(1)) {
    if (argument.starts_with("--")) {
      mode = argument;
      searcher = std::make_unique<Searcher>(needles, mode != "--text");
      continue;
    }
    Report report;
    if (mode == "--memory" || mode == "--dumpable") {
      SearchMemory(*searcher, argument, mode == "--dumpable", report);
    } else {
      SearchPath(*searcher, argument, report);
    }
    const json::object printed{{"place", argument},
                               {"bytes", report.bytes},
                               {"files", report.files},
                               {"hit_count", report.hit_count},
                               {"hits", std::move(report.hits)}};
    std::printf("%s\n", base::ToText(printed).c_str());
  }
  return 0;
}

}  // namespace
}  // namespace obolus::canary

int main(int argc, char** argv) {
  if (argc < 3) return 64;
  return obolus::canary::Main(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
}
