#include "storage/audit_recovery.h"

#include <gtest/gtest.h>

#include "app/audit_head.h"

namespace obolus::storage {
namespace {

const base::Bytes kKey(32, 7);

struct Log {
  std::string text;
  base::ChainHead head;
  std::vector<base::ChainHead> heads;
};

Log Lines(int count, base::ChainHead after = {}) {
  base::HashChain chain(kKey, after);
  Log log;
  for (int i = 0; i < count; ++i) {
    log.text += chain.Append(R"("kind":"x")") + "\n";
    log.heads.push_back(chain.head());
  }
  log.head = chain.head();
  return log;
}

std::string HeadOf(const base::ChainHead& head) {
  return app::WriteAuditHead(kKey, head);
}

TEST(AuditRecovery, AWholeLogGoesOnAfterItsLastLine) {
  const Log log = Lines(3, {41, {}});
  const auto found = RecoverAudit(kKey, log.text, HeadOf(log.head));
  EXPECT_EQ(found.head, log.head);
  EXPECT_EQ(found.first, 42U);
  EXPECT_EQ(found.keep_bytes, log.text.size());
  EXPECT_EQ(found.tampered, std::nullopt);
}

TEST(AuditRecovery, AnEmptyLogThatNobodyKnowsBeginsAtOne) {
  const auto found = RecoverAudit(kKey, "", "");
  EXPECT_EQ(found.head, base::ChainHead());
  EXPECT_EQ(found.tampered, std::nullopt);
}

TEST(AuditRecovery, ATornEndBehindTheHeadIsCut) {
  const Log log = Lines(3);
  for (const std::string& torn :
       {std::string("{\"seq"), std::string(100, '\0'), std::string("\n"),
        Lines(1, log.head).text.substr(0, 100), std::string("half a page\nand the rest")}) {
    const auto found = RecoverAudit(kKey, log.text + torn, HeadOf(log.head));
    EXPECT_EQ(found.head, log.head);
    EXPECT_EQ(found.keep_bytes, log.text.size());
    EXPECT_EQ(found.tampered, std::nullopt);
  }
}

TEST(AuditRecovery, AHeadThatIsBehindIsNoFault) {
  const Log log = Lines(3);
  EXPECT_EQ(RecoverAudit(kKey, log.text, HeadOf(log.heads[0])).tampered, std::nullopt);
  EXPECT_EQ(RecoverAudit(kKey, log.text, HeadOf({})).tampered, std::nullopt);
}

TEST(AuditRecovery, MissingLinesAtTheEndAreFoundAndTheNumberGoesOn) {
  const Log log = Lines(3);
  for (const std::string& left : {Lines(2).text, Lines(2).text + "{\"torn", std::string()}) {
    const auto found = RecoverAudit(kKey, left, HeadOf(log.head));
    EXPECT_NE(found.tampered, std::nullopt);
    EXPECT_EQ(found.head, log.head);
    EXPECT_EQ(found.keep_bytes, left.size()) << "evidence is cut away";
  }
}

TEST(AuditRecovery, AChangedLineIsFoundAndNamed) {
  Log log = Lines(3);
  log.text[log.text.size() / 2] ^= 1;
  const auto found = RecoverAudit(kKey, log.text, HeadOf(log.head));
  ASSERT_NE(found.tampered, std::nullopt);
  EXPECT_TRUE(found.tampered->starts_with("audit.jsonl:2: ")) << *found.tampered;
  EXPECT_EQ(found.head, log.head);
}

TEST(AuditRecovery, ALineTakenOutOfTheMiddleIsFound) {
  const Log log = Lines(3);
  const std::size_t line = log.text.find('\n') + 1;
  const auto found =
      RecoverAudit(kKey, log.text.substr(0, line) + log.text.substr(2 * line), HeadOf(log.head));
  EXPECT_NE(found.tampered, std::nullopt);
}

TEST(AuditRecovery, AMissingOrForeignHeadIsFound) {
  const Log log = Lines(3);
  EXPECT_NE(RecoverAudit(kKey, log.text, "").tampered, std::nullopt);
  EXPECT_NE(RecoverAudit(kKey, log.text, "x").tampered, std::nullopt);
  EXPECT_NE(
      RecoverAudit(kKey, log.text, app::WriteAuditHead(base::Bytes(32, 8), log.head)).tampered,
      std::nullopt);
  base::ChainHead other = log.heads[1];
  other.hash[0] ^= 1;
  EXPECT_NE(RecoverAudit(kKey, log.text, HeadOf(other)).tampered, std::nullopt);
}

TEST(AuditRecovery, TheHeadIsAlwaysOfOneLength) {
  const base::ChainHead head{18'446'744'073'709'551'615U, {}};
  EXPECT_EQ(HeadOf(head).size(), HeadOf({}).size());
  EXPECT_EQ(*app::ReadAuditHead(kKey, HeadOf(head)), head);
}

}  // namespace
}  // namespace obolus::storage
