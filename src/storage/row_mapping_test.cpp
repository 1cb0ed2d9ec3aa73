#include "storage/row_mapping.h"

#include <gtest/gtest.h>

#include "contract/session_samples.h"
#include "storage/session_document.h"

namespace obolus::storage {
namespace {

// That every member comes back is in the store contract.

TEST(RowMapping, AMintedTerminalTakesNoColumn) {
  contract::Samples samples;
  const domain::Session minted = samples.NewPayment();
  EXPECT_EQ(ToRow(minted).terminal_id, std::nullopt);
  EXPECT_EQ(FromRow(ToRow(minted), ToDocument(minted)).value().terminal_id, minted.id);
}

TEST(RowMapping, AnOpenSessionIsDueAtTheEarlierOfExpiryAndLease) {
  contract::Samples samples;
  domain::Session session = samples.NewPayment();
  EXPECT_EQ(ToRow(session).due_at, session.expires_at);
  session.lease_until = session.expires_at - base::Millis(1);
  EXPECT_EQ(ToRow(session).due_at, session.lease_until);
  session.lease_until = session.expires_at + base::Millis(1);
  EXPECT_EQ(ToRow(session).due_at, session.expires_at);
  EXPECT_EQ(ToRow(samples.Ended(session)).due_at, std::nullopt);
}

TEST(RowMapping, ABareSessionHasAnEmptyDocument) {
  contract::Samples samples;
  EXPECT_EQ(ToDocument(samples.NewPayment()), "{}");
}

TEST(RowMapping, TextIsEscaped) {
  contract::Samples samples;
  domain::Session session = samples.NewPayment();
  session.locale = "a\"b\\c\n\x1f";
  EXPECT_EQ(ToDocument(session), R"({"locale":"a\"b\\c\u000a\u001f"})");
}

TEST(RowMapping, UnknownMembersOfANewerVersionAreSkipped) {
  contract::Samples samples;
  const domain::Session session = samples.NewPayment();
  EXPECT_EQ(FromRow(ToRow(session), R"({"of_tomorrow":{"a":[1]},"attempts":0})"), session);
}

TEST(RowMapping, NoCoolDownsAtAllIsNotTheSameAsNothingSaid) {
  contract::Samples samples;
  domain::Session session = samples.NewPayment();
  session.retries.cool_downs.emplace();
  EXPECT_EQ(ToDocument(session), R"({"cool_down_s":[]})");
  EXPECT_EQ(FromRow(ToRow(session), ToDocument(session)), session);
}

TEST(RowMapping, TextThatIsNotUtf8StillReads) {
  contract::Samples samples;
  domain::Session session = samples.NewPayment();
  session.merchant.name = "\xff\xfe";
  EXPECT_EQ(FromRow(ToRow(session), ToDocument(session)), session);
}

TEST(RowMapping, ADamagedRowIsAnErrorAndNeverAnotherSession) {
  contract::Samples samples;
  const SessionRow row = ToRow(samples.NewPayment());
  for (const std::string_view document :
       {"", "[]", "{", R"({"attempts":"3"})", R"({"locale":1})", R"({"payment":[]})",
        R"({"allowed_networks":["NONE"]})", R"({"allowed_networks":"VISA"})",
        R"({"failure":"NO_SUCH"})", R"({"submit_digest":"AAAA"})", R"({"voided_after_end":1})",
        R"({"cool_down_s":5})", R"({"cool_down_s":["5"]})", R"({"max_attempts":"0"})",
        R"({"refused_at":"now"})"}) {
    const auto session = FromRow(row, document);
    ASSERT_FALSE(session) << document;
    EXPECT_EQ(session.error().code, base::ErrorCode::kInternal);
  }
  SessionRow other = row;
  other.state = "dreaming";
  EXPECT_FALSE(FromRow(other, "{}"));
  other = row;
  other.kind = "gift";
  EXPECT_FALSE(FromRow(other, "{}"));
}

}  // namespace
}  // namespace obolus::storage
