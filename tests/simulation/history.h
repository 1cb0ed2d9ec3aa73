// One run as a sequence of notes, kept as a running hash: two runs of a seed are the same history
// when their hashes are. With tracing on, each note is also printed as a line. Written to by all
// parts of the simulation, whatever they do or see. One thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"

namespace obolus::simulation {

class History {
 public:
  // `now` outlives this. `trace`: where lines go; nullptr: nowhere.
  History(const base::Millis& now, std::FILE* trace) : now_(now), trace_(trace) {}

  template <class... Parts>
  void Note(std::string_view what, const Parts&... parts) {
    ++notes_;
    if (trace_ != nullptr) std::fprintf(trace_, "%10lld ", static_cast<long long>(now_.count()));
    Part(static_cast<std::uint64_t>(now_.count()), false);
    Part(what);
    (Part(parts), ...);
    if (trace_ != nullptr) std::fputc('\n', trace_);
  }

  std::uint64_t hash() const { return hash_; }
  std::uint64_t notes() const { return notes_; }

 private:
  void Byte(unsigned char byte) { hash_ = (hash_ ^ byte) * 1099511628211ULL; }  // FNV-1a
  void Part(std::string_view text) {
    for (const char c : text) Byte(static_cast<unsigned char>(c));
    Byte(0);
    if (trace_ != nullptr) {
      std::fprintf(trace_, " %.*s", static_cast<int>(text.size()), text.data());
    }
  }
  void Part(const base::Uuid& id) {
    for (const auto byte : id.bytes) Byte(byte);
    if (trace_ != nullptr) std::fprintf(trace_, " %s", base::ToString(id).c_str());
  }
  template <std::integral T>
  void Part(T number, bool print = true) {
    for (std::size_t i = 0; i < 8; ++i) {
      Byte(static_cast<unsigned char>(static_cast<std::uint64_t>(number) >> (8 * i)));
    }
    if (trace_ != nullptr && print) {
      std::fprintf(trace_, " %lld", static_cast<long long>(number));
    }
  }

  const base::Millis& now_;
  std::FILE* const trace_;
  std::uint64_t hash_ = 14695981039346656037ULL;
  std::uint64_t notes_ = 0;
};

}  // namespace obolus::simulation
