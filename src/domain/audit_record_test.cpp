#include "domain/audit_record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>

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

// docs/audit.md tells auditors what each kind is: a row for each, and no row for another.
TEST(AuditRecord, EveryKindHasARowInTheDocumentation) {
  std::ifstream page(OBOLUS_SOURCE_DIR "/docs/audit.md");
  std::multiset<std::string> rows;
  for (std::string line; std::getline(page, line);) {
    constexpr std::string_view kPci = "` | 10.2.1.";
    const std::size_t end = line.find(kPci);
    if (line.starts_with("| `") && end != std::string::npos) rows.insert(line.substr(3, end - 3));
  }
  std::multiset<std::string> kinds;
  for (const AuditKind kind : AllAuditKinds()) kinds.emplace(ToString(kind));
  EXPECT_EQ(rows, kinds);
}

}  // namespace
}  // namespace obolus::domain
