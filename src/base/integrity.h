// Subresource Integrity (W3C SRI §3): the hashes by which a page says which bytes a script may
// have. Used where pages are looked at. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace obolus::base {

// "sha384-…": what an integrity attribute for these bytes says.
std::string IntegrityOf(std::string_view bytes);

enum class IntegrityVerdict {
  kNone,  // nothing in the attribute that a browser would hold the bytes against
  kMatches,
  kDiffers,
};

// As browsers do: of several hashes those of the strongest algorithm count, and one must match.
IntegrityVerdict CheckIntegrity(std::string_view attribute, std::string_view bytes);

}  // namespace obolus::base
