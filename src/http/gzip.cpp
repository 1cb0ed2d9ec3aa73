#include "http/gzip.h"

#include <zlib.h>

#include "base/check.h"

namespace obolus::http {
namespace {

// A page has 10 KB: the level makes a difference of some 100 bytes, and of some 100 µs.
constexpr int kLevel = 6;
constexpr int kGzipFormat = 16;

}  // namespace

std::string Gzip(std::string_view text) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, kLevel, Z_DEFLATED, MAX_WBITS + kGzipFormat, 8, Z_DEFAULT_STRATEGY) ==
        Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  // zlib does not write to its input; its type says otherwise.
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  CHECK(result == Z_STREAM_END);
  return out;
}

}  // namespace obolus::http
