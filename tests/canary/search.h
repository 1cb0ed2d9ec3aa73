// Finds card data that somebody wrote down, however it was written: a haystack of any bytes is read
// through every encoding that hides digits from grep. Numbers count from seven digits on, in order
// or reversed, so that a mask (first six, last four) is no hit and one digit more is. Security
// codes have too few digits to mean anything alone and count where their name stands before them.
// Names count as their one made-up word. One thread; used by canary_search only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace obolus::canary {

enum class Kind : std::uint8_t { kNumber, kCode, kName };

struct Needle {
  Kind kind = Kind::kNumber;
  std::string text;
};

struct Hit {
  Kind kind = Kind::kNumber;
  std::size_t needle = 0;  // index
  std::string encoding;    // "plain", "base64 > gzip > plain"
  std::size_t digits = 0;  // how many of them, of a number
  std::size_t offset = 0;  // in the outermost bytes
};

class Searcher {
 public:
  // `binary`: the haystack is memory or a database, where digits stand together by chance; there a
  // number counts from nine digits on.
  Searcher(std::vector<Needle> needles, bool binary);

  // Each needle once for each encoding.
  std::vector<Hit> Search(std::string_view haystack);

 private:
  struct Place {
    std::uint32_t needle;
    std::uint8_t at;
    bool reversed;
  };
  void Look(std::string_view bytes, const std::string& path, std::size_t offset, int depth);
  void LookForDigits(std::string_view bytes, const std::string& path, std::size_t offset);
  void LookForPacked(std::string_view bytes, const std::string& path, std::size_t offset);
  void LookForWords(std::string_view bytes, const std::string& path, std::size_t offset);
  void LookInside(std::string_view bytes, const std::string& path, std::size_t offset, int depth);
  void CheckRun(std::string_view digits, bool alone, const std::string& encoding,
                std::size_t offset);
  void Found(Kind kind, std::size_t needle, std::string encoding, std::size_t digits,
             std::size_t offset);

  std::vector<Needle> needles_;
  std::size_t shortest_;                     // digits that count
  std::array<bool, 10'000'000> is_start_{};  // of seven digits: some number has them
  std::unordered_multimap<std::uint32_t, Place> starts_;
  std::vector<bool> is_packed_;  // by the first three bytes of six
  std::unordered_map<std::uint64_t, std::uint32_t> packed_;
  std::vector<bool> is_word_;
  std::array<bool, 256> is_first_{};  // byte of a name
  std::unordered_map<std::uint64_t, std::uint32_t> words_;
  std::vector<Hit> hits_;
  std::set<std::pair<std::size_t, std::string>> seen_;
};

}  // namespace obolus::canary
