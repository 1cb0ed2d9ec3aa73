#include "http/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace obolus::http {
namespace {

std::string Gunzip(const std::string& packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
  std::string out(1'000'000, '\0');
  std::string in = packed;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST(Gzip, KeepsEveryByte) {
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("\0\xff\n", 3), std::string(300'000, 'a')}) {
    EXPECT_EQ(Gunzip(Gzip(text)), text);
  }
}

TEST(Gzip, MakesRepetitionShort) {
  EXPECT_LT(Gzip(std::string(10'000, 'a')).size(), 100U);
}

}  // namespace
}  // namespace obolus::http
