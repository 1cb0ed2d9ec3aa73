// Writes the JSON document of a session's row; storage/row_mapping reads it. By hand, because it
// runs on the writer thread for each insert. Pure.
#pragma once

#include <string>

#include "domain/session.h"

namespace obolus::storage {

// All of the session that is not a column of SessionRow, as compact JSON; members without a value
// are left out.
std::string ToDocument(const domain::Session& session);

}  // namespace obolus::storage
