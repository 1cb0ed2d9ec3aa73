// One program for all targets, so that the libraries are linked once; OBOLUS_FUZZ_TARGET says which
// one runs. Started by tests/fuzz/fuzz.mjs.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "base/log.h"
#include "fuzz/targets.h"

namespace {

const obolus::fuzz::Target* chosen = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  obolus::base::SetLogLevel(obolus::base::LogLevel::kError);
  const char* name = std::getenv("OBOLUS_FUZZ_TARGET");
  chosen = obolus::fuzz::FindTarget(name == nullptr ? "" : name);
  if (chosen != nullptr) return 0;
  std::fputs("OBOLUS_FUZZ_TARGET must be one of:", stderr);
  for (const auto& target : obolus::fuzz::Targets()) {
    std::fprintf(stderr, " %.*s", static_cast<int>(target.name.size()), target.name.data());
  }
  std::fputs("\n", stderr);
  std::exit(64);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
