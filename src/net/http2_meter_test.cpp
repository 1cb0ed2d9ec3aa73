#include "net/http2_meter.h"

#include <gtest/gtest.h>

#include <string>

namespace obolus::net {
namespace {

const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string Frame(int type, int flags, std::size_t size) {
  std::string frame;
  for (const std::size_t byte : {size >> 16, size >> 8, size}) frame += static_cast<char>(byte);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  return frame + std::string(4 + size, 'x');
}

// How many of those frames a connection may send.
int MostOf(const std::string& frame) {
  Http2Budget budget(Http2Budget::SteadyTime{});
  Http2Meter meter(budget);
  meter.See(kPreface);
  int count = 0;
  while (!budget.Overdrawn() && count < 2'000) {
    meter.See(frame);
    ++count;
  }
  return count;
}

TEST(Http2Meter, EachFrameHasItsPrice) {
  EXPECT_EQ(MostOf(Frame(3, 0, 4)), 101) << "RST_STREAM";
  EXPECT_EQ(MostOf(Frame(4, 0, 6)), 101) << "SETTINGS";
  EXPECT_EQ(MostOf(Frame(4, 1, 0)), 1001) << "SETTINGS that answer";
  EXPECT_EQ(MostOf(Frame(6, 0, 8)), 201) << "PING";
  EXPECT_EQ(MostOf(Frame(9, 0, 1)), 101) << "CONTINUATION of a byte";
  EXPECT_EQ(MostOf(Frame(9, 0, 900)), 501) << "CONTINUATION";
  EXPECT_EQ(MostOf(Frame(0, 0, 0)), 501) << "empty DATA";
  EXPECT_EQ(MostOf(Frame(2, 0, 5)), 1001) << "PRIORITY";
  EXPECT_EQ(MostOf(Frame(0xfa, 0, 5)), 1001) << "a type that nobody knows";
  EXPECT_EQ(MostOf(Frame(0, 0, 1'000)), 2'000) << "DATA";
  EXPECT_EQ(MostOf(Frame(0, 1, 0)), 2'000) << "the end of a body";
}

TEST(Http2Meter, TheSameHoweverTheBytesAreCut) {
  const std::string bytes = kPreface + Frame(4, 0, 12) + Frame(1, 5, 300) + Frame(3, 0, 4);
  for (std::size_t cut = 1; cut < 40; ++cut) {
    Http2Budget budget(Http2Budget::SteadyTime{});
    Http2Meter meter(budget);
    for (std::size_t at = 0; at < bytes.size(); at += cut) meter.See(bytes.substr(at, cut));
    budget.Spend(Http2Budget::kMost - Http2Budget::kSettings - Http2Budget::kSmall -
                 Http2Budget::kReset);
    EXPECT_FALSE(budget.Overdrawn()) << cut;
    budget.Spend(1);
    EXPECT_TRUE(budget.Overdrawn()) << cut;
  }
}

}  // namespace
}  // namespace obolus::net
