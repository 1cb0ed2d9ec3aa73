#include "app/audit_verifier.h"

#include <gtest/gtest.h>

namespace obolus::app {
namespace {

using domain::AuditKind;

const base::Bytes kKey(32, 7);

// A log of one file whose last line says that it was closed.
class AuditVerifierTest : public ::testing::Test {
 protected:
  AuditVerifierTest() {
    for (int i = 0; i < 5; ++i) Add({.kind = AuditKind::kCardStored, .actor = "shopper"});
    Add({.kind = AuditKind::kAuditStopped});
  }

  void Add(domain::AuditRecord record) {
    AuditEntry entry{.time = base::FromMillis(1'795'305'600'000), .record = std::move(record)};
    lines_.push_back(chain_.Append(WriteAuditMembers(entry)) + "\n");
  }
  static std::string Join(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line;
    return text;
  }
  AuditReport Verify(const std::vector<std::string>& files, base::ByteView key = kKey) const {
    AuditVerifier verifier(key, {{"audit.head", chain_.head()}});
    for (std::size_t i = 0; i < files.size(); ++i) {
      verifier.AddFile("f" + std::to_string(i + 1), files[i]);
    }
    return verifier.Finish();
  }

  base::HashChain chain_{kKey, {}};
  std::vector<std::string> lines_;
};

TEST_F(AuditVerifierTest, AWholeLogHasNoFault) {
  const auto report = Verify({Join(lines_)});
  EXPECT_EQ(report.all_faults, 0U);
  EXPECT_EQ(report.lines, 6U);
  EXPECT_EQ(report.first, 1U);
  EXPECT_EQ(report.head, chain_.head());
  EXPECT_EQ(Verify({Join(lines_)}, {}).all_faults, 0U);
  EXPECT_EQ(Verify({lines_[0], lines_[1] + lines_[2], Join({lines_.begin() + 3, lines_.end()})})
                .all_faults,
            0U);
}

TEST_F(AuditVerifierTest, AChangedLineIsNamed) {
  lines_[2][30] ^= 1;
  const auto report = Verify({Join(lines_)});
  ASSERT_FALSE(report.faults.empty());
  EXPECT_EQ(report.faults[0].file, "f1");
  EXPECT_EQ(report.faults[0].line, 3U);
}

TEST_F(AuditVerifierTest, WithoutTheKeyTheHashOfTheNextLineFindsAChange) {
  lines_[2][lines_[2].find("shopper")] ^= 1;
  EXPECT_GT(Verify({Join(lines_)}, {}).all_faults, 0U);
}

TEST_F(AuditVerifierTest, ALogThatWasWrittenAnewWithoutTheKeyIsFound) {
  base::HashChain forged(base::AsBytes("another key that is 32 bytes long"), {});
  AuditEntry entry{.time = {}, .record = {.kind = AuditKind::kAuditStopped}};
  EXPECT_GT(Verify({forged.Append(WriteAuditMembers(entry)) + "\n"}).all_faults, 0U);
}

TEST_F(AuditVerifierTest, MissingMovedAndRepeatedLinesAreFound) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    auto removed = lines_;
    removed.erase(removed.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_GT(Verify({Join(removed)}).all_faults, 0U) << "removed " << i;
    auto repeated = lines_;
    repeated.insert(repeated.begin() + static_cast<std::ptrdiff_t>(i), lines_[i]);
    EXPECT_GT(Verify({Join(repeated)}).all_faults, 0U) << "repeated " << i;
    if (i == 0) continue;
    auto swapped = lines_;
    std::swap(swapped[i], swapped[i - 1]);
    EXPECT_GT(Verify({Join(swapped)}).all_faults, 0U) << "swapped " << i;
  }
}

TEST_F(AuditVerifierTest, ATruncatedEndIsFound) {
  const std::string text = Join(lines_);
  for (std::size_t size = 0; size < text.size(); ++size) {
    ASSERT_GT(Verify({text.substr(0, size)}).all_faults, 0U) << size;
  }
  EXPECT_GT(Verify({text + "x"}).all_faults, 0U);
  EXPECT_GT(Verify({}).all_faults, 0U);
}

TEST_F(AuditVerifierTest, BytesOfALineBeingWrittenAreNoFault) {
  Add({.kind = AuditKind::kAuditStarted});
  const auto report = Verify({Join(lines_) + "{\"sequ"});
  EXPECT_EQ(report.all_faults, 0U);
  EXPECT_EQ(report.unfinished_bytes, 6U);
}

TEST_F(AuditVerifierTest, AHeadThatIsMissingIsAFaultUnlessItWasRemovedOnPurpose) {
  const std::vector<std::string> rest(lines_.begin() + 2, lines_.end());
  EXPECT_EQ(Verify({Join(rest)}).all_faults, 1U);
  const auto last = base::OpenChainLine(kKey, lines_[1].substr(0, lines_[1].size() - 1));
  Add({.kind = AuditKind::kAuditRotated,
       .details = {{"removed", "f"}, {std::string(kRemovedUpTo), base::ToText(last->head)}}});
  EXPECT_EQ(Verify({Join({lines_.begin() + 2, lines_.end()})}).all_faults, 0U);
  EXPECT_EQ(Verify({Join(lines_)}).all_faults, 0U) << "not removed after all";
  EXPECT_GT(Verify({Join({lines_.begin() + 3, lines_.end()})}).all_faults, 0U);
}

}  // namespace
}  // namespace obolus::app
