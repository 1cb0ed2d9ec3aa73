// Every target over its corpus, and over small changes of each seed that are the same in every
// run: what `make fuzz` does for minutes and with sanitizers, for seconds and in every build. A
// promise that breaks ends the process, which leaves the bytes that broke it in `fuzz-finding`.
//
//   fuzz_replay CORPUS_FOLDER [CHANGES]    of each seed; 200
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "fuzz/targets.h"

namespace obolus::fuzz {
namespace {

namespace fs = std::filesystem;

// xorshift64*, so that a change has a number by which it can be had again.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2685821657736338717ULL + 1) {}
  std::uint64_t Below(std::uint64_t limit) {
    state_ ^= state_ >> 12U;
    state_ ^= state_ << 25U;
    state_ ^= state_ >> 27U;
    return (state_ * 2685821657736338717ULL >> 16U) % limit;
  }

 private:
  std::uint64_t state_;
};

// Up to four of: a byte changed, taken out, put in; a piece repeated or taken out; cut.
std::string Changed(std::string text, std::uint64_t number) {
  using std::string_view_literals::operator""sv;
  constexpr auto kTelling = "\0\n\r\t \"'\\/{}[]:,%&=?#.-+_0129aAeEfFzZ\x7f\x80\xff<>;"sv;
  Random random(number + 1);
  for (std::uint64_t left = 1 + random.Below(4); left > 0; --left) {
    const std::size_t at = random.Below(text.size() + 1);
    const std::size_t size = random.Below(std::min<std::size_t>(16, text.size() - at) + 1);
    const char telling = kTelling[random.Below(kTelling.size())];
    switch (random.Below(6)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random.Below(256));
        break;
      case 1:
        if (at < text.size()) text[at] = telling;
        break;
      case 2:
        text.insert(at, 1, telling);
        break;
      case 3:
        text.erase(at, size);
        break;
      case 4:
        text.insert(at, text.substr(at, size));
        break;
      default:
        text.resize(text.size() - random.Below(text.size() / 4 + 1));
        break;
    }
  }
  return text;
}

std::vector<fs::path> SeedsOf(const fs::path& folder) {
  std::vector<fs::path> seeds;
  for (const auto& entry : fs::directory_iterator(folder)) seeds.push_back(entry.path());
  std::ranges::sort(seeds);
  return seeds;
}

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string current;

void Keep(int signal) {
  const int file = open("fuzz-finding", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0 || write(file, current.data(), current.size()) < 0) _exit(71);
  constexpr std::string_view kSaid = "the bytes are in fuzz-finding\n";
  if (write(STDERR_FILENO, kSaid.data(), kSaid.size()) < 0) _exit(71);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void Run(const Target& target, std::string bytes) {
  current = std::move(bytes);
  target.run(current);
}

int Replay(const fs::path& corpus, std::uint64_t changes) {
  for (const Target& target : Targets()) {
    const auto seeds = SeedsOf(corpus / target.name);
    CHECK(!seeds.empty());
    std::uint64_t runs = 0;
    for (const fs::path& seed : seeds) {
      const std::string text = ReadAll(seed);
      Run(target, text);
      for (std::uint64_t number = 0; number < changes; ++number) {
        Run(target, Changed(text, number));
      }
      runs += 1 + changes;
    }
    std::printf("%-20.*s %3zu seeds %8llu runs\n", static_cast<int>(target.name.size()),
                target.name.data(), seeds.size(), static_cast<unsigned long long>(runs));
  }
  return 0;
}

}  // namespace
}  // namespace obolus::fuzz

int main(int argc, char** argv) {
  if (argc < 2) return 64;
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE}) std::signal(signal, obolus::fuzz::Keep);
  obolus::base::SetLogLevel(obolus::base::LogLevel::kError);
  const std::uint64_t changes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 200;
  return obolus::fuzz::Replay(argv[1], changes);
}
