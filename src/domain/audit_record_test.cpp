#include "domain/audit_record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace obolus::domain {
namespace {

TEST(AuditRecord, EveryKindHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const AuditKind kind : AllAuditKinds()) {
    const std::string_view name = ToString(kind);
    EXPECT_TRUE(std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || c == '_';
    })) << name;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(AuditRecord, TheListOfKindsHasNoGapUpToTheLast) {
  EXPECT_EQ(AllAuditKinds().size(), static_cast<std::size_t>(AuditKind::kTamperSuspected) + 1);
  for (std::size_t i = 0; i < AllAuditKinds().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(AllAuditKinds()[i]), i);
  }
}

}  // namespace
}  // namespace obolus::domain
