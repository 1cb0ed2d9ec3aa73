// What one process tells the others of a commit, as the text of a PostgreSQL notification: who
// tells, which sessions changed, whether the relay has something to do. Used by PostgresTransaction
// and PostgresListener. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"

namespace obolus::storage {

struct SharedNotice {
  base::Uuid store;  // one process's store, new each time it opens
  std::vector<base::Uuid> sessions;
  bool events = false;

  bool operator==(const SharedNotice&) const = default;
};

// At most 7,999 bytes, which is what PostgreSQL takes; when the sessions do not fit, none is named.
std::string ToNoticeText(const SharedNotice& notice);

// None: it is not such a text.
std::optional<SharedNotice> ParseNoticeText(std::string_view text);

}  // namespace obolus::storage
