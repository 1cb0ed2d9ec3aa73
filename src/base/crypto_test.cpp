#include "base/crypto.h"

#include <gtest/gtest.h>

#include <set>

namespace obolus::base {
namespace {

Bytes Hex(std::string_view text) {
  return DecodeHex(text).value();
}

TEST(Sha256, MatchesFips180) {
  EXPECT_EQ(EncodeHex(Sha256(AsBytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(EncodeHex(Sha256({})),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

// RFC 4231 §4.3 and §4.7: a short key, and one longer than a block.
TEST(HmacSha256, MatchesRfc4231) {
  EXPECT_EQ(EncodeHex(HmacSha256(AsBytes("Jefe"), AsBytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      EncodeHex(HmacSha256(Bytes(131, 0xaa),
                           AsBytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, AnEmptyKeyIsAKey) {
  EXPECT_EQ(EncodeHex(HmacSha256({}, {})),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

// RFC 5869 A.1, A.2 and A.3: the first 32 bytes.
TEST(HkdfSha256, MatchesRfc5869) {
  const auto derive = [](const Bytes& key, const Bytes& salt, const Bytes& info) {
    return EncodeHex(HkdfSha256(key, salt, info).view());
  };
  const auto count = [](int from, int to) {
    Bytes bytes;
    for (int i = from; i <= to; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
    return bytes;
  };
  EXPECT_EQ(derive(Bytes(22, 0x0b), count(0, 0x0c), count(0xf0, 0xf9)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
  EXPECT_EQ(derive(count(0, 0x4f), count(0x60, 0xaf), count(0xb0, 0xff)),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c");
  EXPECT_EQ(derive(Bytes(22, 0x0b), {}, {}),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

// Test cases 15 and 16 of the GCM specification by McGrew and Viega (AES-256, 96-bit nonce).
constexpr std::string_view kKey =
    "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
constexpr std::string_view kNonce = "cafebabefacedbaddecaf888";
constexpr std::string_view kPlaintext =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
constexpr std::string_view kCiphertext =
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662";
constexpr std::string_view kAssociated = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
constexpr std::string_view kTag = "76fc6ece0f4e1768cddf8853bb2d551b";

TEST(OpenGcm, OpensThePublishedVector) {
  const auto plaintext =
      OpenGcm(Hex(kKey), Hex(kNonce), Hex(kCiphertext), Hex(kTag), Hex(kAssociated));
  ASSERT_TRUE(plaintext);
  EXPECT_EQ(EncodeHex(plaintext->view()), kPlaintext);
}

TEST(OpenGcm, RefusesWrongSizes) {
  const Bytes key = Hex(kKey), nonce = Hex(kNonce), text = Hex(kCiphertext), tag = Hex(kTag);
  const Bytes more = Hex(kAssociated);
  EXPECT_FALSE(OpenGcm(ByteView(key).first(16), nonce, text, tag, more));
  EXPECT_FALSE(OpenGcm(key, ByteView(nonce).first(11), text, tag, more));
  EXPECT_FALSE(OpenGcm(key, nonce, text, ByteView(tag).first(12), more));
  EXPECT_FALSE(OpenGcm(key, nonce, text, {}, more));
  EXPECT_TRUE(OpenGcm(key, nonce, text, tag, more));
}

class SealTest : public ::testing::Test {
 protected:
  const Bytes key_ = Hex(kKey);
  const Bytes other_key_ = Bytes(32, 0x11);
};

TEST_F(SealTest, ComesBack) {
  for (const std::string_view text : {"", "x", "a card and its name"}) {
    for (const std::string_view associated : {"", "record 1"}) {
      const Bytes sealed = Seal(key_, AsBytes(text), AsBytes(associated));
      EXPECT_EQ(sealed.size(), 12 + text.size() + 16);
      const auto opened = Unseal(key_, sealed, AsBytes(associated));
      ASSERT_TRUE(opened);
      EXPECT_EQ(opened->text(), text);
    }
  }
}

TEST_F(SealTest, NeverRepeatsItsNonce) {
  std::set<Bytes> nonces;
  for (int i = 0; i < 1000; ++i) {
    Bytes sealed = Seal(key_, AsBytes("same"), {});
    sealed.resize(12);
    nonces.insert(sealed);
  }
  EXPECT_EQ(nonces.size(), 1000U);
}

TEST_F(SealTest, AnyChangedByteIsRefused) {
  const Bytes sealed = Seal(key_, AsBytes("a card"), AsBytes("record 1"));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes changed = sealed;
    changed[i] ^= 1;
    const auto opened = Unseal(key_, changed, AsBytes("record 1"));
    ASSERT_FALSE(opened) << i;
    EXPECT_EQ(opened.error().code, ErrorCode::kMalformed);
  }
}

TEST_F(SealTest, AnotherKeyOrOtherAssociatedDataIsRefused) {
  const Bytes sealed = Seal(key_, AsBytes("a card"), AsBytes("record 1"));
  EXPECT_FALSE(Unseal(other_key_, sealed, AsBytes("record 1")));
  EXPECT_FALSE(Unseal(key_, sealed, AsBytes("record 2")));
  EXPECT_FALSE(Unseal(key_, sealed, {}));
}

TEST_F(SealTest, AnyCutIsRefused) {
  const Bytes sealed = Seal(key_, AsBytes("a card"), {});
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(Unseal(key_, ByteView(sealed).first(size), {})) << size;
  }
}

TEST(FillRandom, FillsEverythingAndNeverTwiceAlike) {
  std::set<Bytes> seen;
  for (int i = 0; i < 100; ++i) {
    Bytes bytes(32);
    FillRandom(bytes);
    seen.insert(bytes);
  }
  EXPECT_EQ(seen.size(), 100U);
  FillRandom({});
}

}  // namespace
}  // namespace obolus::base
