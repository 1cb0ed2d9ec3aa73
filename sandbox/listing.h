// The tables of the test cards and of the bank's behaviours as text for people, as JSON and as
// Markdown: what `obolus-sandbox cards` and `obolus-sandbox acs --list` print and what the pages of
// the documentation hold. A test keeps those pages equal to this. Pure.
#pragma once

#include <string>

#include "base/json.h"

namespace obolus::sandbox {

enum class ListingForm { kPeople, kJson, kMarkdown };

// Every test card: number, network, story.
std::string ListCards(ListingForm form);

// Every behaviour: name, test card, story, who plays it, what the processor says, and how it ends.
std::string ListBehaviours(ListingForm form);

}  // namespace obolus::sandbox
