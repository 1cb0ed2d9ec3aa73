// Writes an entry of a timeline as the JSON document of its row, and reads it back. Read tolerantly
// (unknown members are skipped, missing ones take their default), so that a row of an older or
// newer version still reads. Pure, and the same for every SQL dialect.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/timeline.h"

namespace obolus::storage {

// All of the entry but its session and its time.
std::string ToDocument(const domain::TimelineEntry& entry);

// kInternal: the document is not an object.
base::Result<domain::TimelineEntry> ReadTimelineEntry(const base::Uuid& session_id,
                                                      base::Timestamp at,
                                                      std::string_view document);

}  // namespace obolus::storage
