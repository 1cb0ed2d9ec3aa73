#include "vault/record_seal.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "app/ports/store.h"
#include "base/encoding.h"
#include "base/id.h"

namespace obolus::vault {
namespace {

using base::Bytes;
using base::ByteView;
using base::SecretBytes;

class RecordSealTest : public ::testing::Test {
 protected:
  static SecretBytes RandomKey() {
    SecretBytes key = SecretBytes::OfSize(kRecordKeySize);
    base::FillRandom({key.data(), key.size()});
    return key;
  }
  RecordPlace NewPlace() { return {ids_.NewUuid(), ids_.NewUuid()}; }

  base::RandomIdSource ids_;
  const SecretBytes kek_ = RandomKey();
  const SecretBytes record_key_ = RandomKey();
  const RecordSeal seal_;
};

TEST_F(RecordSealTest, AWrappedKeyOpensInItsPlaceOnly) {
  const RecordPlace place = NewPlace();
  const std::string wrapped = seal_.WrapKey(kek_.view(), record_key_.view(), place);
  EXPECT_EQ(UnwrapRecordKey(kek_.view(), wrapped, place)->text(), record_key_.text());
  EXPECT_FALSE(UnwrapRecordKey(RandomKey().view(), wrapped, place));
  EXPECT_FALSE(UnwrapRecordKey(kek_.view(), wrapped, {NewPlace().id, place.session_id}));
  EXPECT_FALSE(UnwrapRecordKey(kek_.view(), wrapped, {place.id, NewPlace().session_id}));
}

TEST_F(RecordSealTest, AnyChangedOrMissingByteIsRefused) {
  const RecordPlace place = NewPlace();
  const std::string wrapped = seal_.WrapKey(kek_.view(), record_key_.view(), place);
  for (std::size_t i = 0; i < wrapped.size(); ++i) {
    std::string changed = wrapped;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(UnwrapRecordKey(kek_.view(), changed, place)) << i;
    EXPECT_FALSE(UnwrapRecordKey(kek_.view(), wrapped.substr(0, i), place)) << i;
  }
}

// What obolus 0.x wrote: the key-encryption key itself, under a random nonce.
TEST_F(RecordSealTest, TheFormOfBeforeStillOpens) {
  const RecordPlace place = NewPlace();
  Bytes binding;
  for (const char c : std::string_view("obolus card key 1:")) {
    binding.push_back(static_cast<std::uint8_t>(c));
  }
  binding.insert(binding.end(), place.id.bytes.begin(), place.id.bytes.end());
  binding.insert(binding.end(), place.session_id.bytes.begin(), place.session_id.bytes.end());
  const Bytes old = base::Seal(kek_.view(), record_key_.view(), binding);
  EXPECT_EQ(UnwrapRecordKey(kek_.view(), base::AsText(old), place)->text(), record_key_.text());
  EXPECT_FALSE(UnwrapRecordKey(kek_.view(), base::AsText(old), NewPlace()));
}

// AES-GCM falls when a nonce comes twice under one key. Here not even a key comes twice, which is
// more: every seal that is made, of cards and of keys, of new records and of the same one wrapped
// again and again, is looked at on its way into the cipher.
TEST_F(RecordSealTest, NoKeySealsTwice) {
  std::set<std::string> keys;
  std::set<std::pair<std::string, std::string>> pairs;
  std::size_t seals = 0;
  const RecordSeal watched([&](ByteView key, ByteView nonce, ByteView text, ByteView data) {
    ++seals;
    keys.emplace(base::AsText(key));
    pairs.emplace(base::AsText(key), base::AsText(nonce));
    return base::SealGcm(key, nonce, text, data);
  });
  const RecordPlace same = NewPlace();
  for (int i = 0; i < 5'000; ++i) {
    const RecordPlace place = NewPlace();
    const SecretBytes record_key = RandomKey();
    watched.WrapKey(kek_.view(), record_key.view(), place);
    watched.SealCard(record_key.view(), base::AsBytes("a card"), place);
    watched.WrapKey(kek_.view(), record_key_.view(), same);
  }
  EXPECT_EQ(seals, 15'000U);
  EXPECT_EQ(keys.size(), seals);
  EXPECT_EQ(pairs.size(), seals);
  EXPECT_FALSE(keys.contains(std::string(kek_.text()))) << "it only derives, and never seals";
}

}  // namespace
}  // namespace obolus::vault
