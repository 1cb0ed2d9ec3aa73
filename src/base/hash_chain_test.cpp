#include "base/hash_chain.h"

#include <gtest/gtest.h>

#include <vector>

namespace obolus::base {
namespace {

const Bytes kKey(32, 7);

std::vector<std::string> ThreeLines() {
  HashChain chain(kKey, {});
  return {chain.Append(R"("a":1)"), chain.Append(R"("a":2)"), chain.Append(R"("a":3)")};
}

TEST(HashChain, EachLineNamesTheOneBefore) {
  const auto lines = ThreeLines();
  ChainHead head;
  for (const std::string& line : lines) {
    const auto opened = OpenChainLine(kKey, line);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->sequence, head.sequence + 1);
    EXPECT_EQ(opened->previous, head.hash);
    EXPECT_EQ(opened->members, "\"a\":" + std::to_string(opened->sequence));
    head = opened->head;
  }
  EXPECT_EQ(EncodeHex(head.hash), EncodeHex(Sha256(AsBytes(lines.back()))));
}

TEST(HashChain, EveryChangedByteOfALineIsFound) {
  const std::string line = ThreeLines()[1];
  for (std::size_t i = 0; i < line.size(); ++i) {
    for (int flip = 1; flip < 256; ++flip) {
      std::string changed = line;
      changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ flip);
      ASSERT_FALSE(OpenChainLine(kKey, changed)) << i << " ^ " << flip;
    }
  }
}

TEST(HashChain, AnotherKeysChainIsRefused) {
  HashChain forged(AsBytes("another key that is 32 bytes long"), {});
  const auto opened = OpenChainLine(kKey, forged.Append(R"("a":1)"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kForbidden);
}

TEST(HashChain, WithoutAKeyTheHashesAreStillThere) {
  HashChain forged(AsBytes("another key that is 32 bytes long"), {});
  const std::string line = forged.Append(R"("a":1)");
  const auto opened = OpenChainLine({}, line);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->head, forged.head());
}

TEST(HashChain, WhatIsNoLineIsSaidToBeNone) {
  const std::string line = ThreeLines()[0];
  for (const std::string& text :
       {std::string(), std::string("{}"), line.substr(1), line + " ",
        line.substr(0, line.size() - 1), "{\"sequence\":01" + line.substr(13)}) {
    const auto opened = OpenChainLine({}, text);
    ASSERT_FALSE(opened) << text;
    EXPECT_EQ(opened.error().code, ErrorCode::kMalformed);
  }
}

TEST(HashChain, AHeadIsReadAsItIsWritten) {
  HashChain chain(kKey, {});
  chain.Append(R"("a":1)");
  EXPECT_EQ(*ParseChainHead(ToText(chain.head())), chain.head());
  for (const char* wrong : {"", "1", "1:", ":", "01:00", "1:zz"}) {
    EXPECT_FALSE(ParseChainHead(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace obolus::base
