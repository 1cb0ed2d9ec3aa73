// A session as a row: the columns that SQL asks about, and a JSON document for the rest
// (storage/session_document). It is read tolerantly (unknown members are
// skipped, missing ones take their default), so that a row of an older or newer version still
// reads. Pure, and the same for every SQL dialect.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/session.h"

namespace obolus::storage {

struct SessionRow {
  base::Uuid id;
  std::string_view kind;   // domain::ToString
  std::string_view state;  // domain::ToString
  std::int64_t version = 0;
  std::optional<base::Uuid> terminal_id;  // none: it is the id
  std::optional<base::Uuid> payment_terminal_id;
  std::optional<base::Uuid> payment_id;  // domain::PaymentIdOf; written, not read
  base::Timestamp created_at;
  base::Timestamp expires_at;
  std::optional<base::Timestamp> due_at;    // when to look at it again; none once it has ended
  std::optional<base::Timestamp> ended_at;  // none: it has not ended
};

// The columns. An ended session without `ended_at` (the machine makes none) ends at expires_at.
SessionRow ToRow(const domain::Session& session);

// kInternal: a column or a member does not hold what was written there.
base::Result<domain::Session> FromRow(const SessionRow& row, std::string_view document);

}  // namespace obolus::storage
