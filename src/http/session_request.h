// The body of POST /sessions and its published variants (contract §1), from JSON to a command.
// Tolerant of what is absent or unknown, strict about what is known: every wrong member is named in
// one answer. Members whose names Commerce has not published can be read from elsewhere by
// configuration. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "app/open_session.h"
#include "base/json.h"
#include "base/url.h"

namespace obolus::http {

struct SessionRequestRules {
  base::HttpPolicy http_policy = base::HttpPolicy::kHttpsOnly;
  // Our member name -> JSON pointer in Commerce's body, e.g. {"terminal_id", "/terminal/id"}.
  std::map<std::string, std::string> members;
};

// `body` may be empty. `kind` is fixed by the published variants. Errors: kMalformed (not JSON),
// kInvalid with all members at fault.
base::Result<app::OpenSession> ParseOpenSession(std::string_view body,
                                                std::optional<domain::SessionKind> kind,
                                                const SessionRequestRules& rules);

// A challenge alone, as {"challenge": {…}} or flat. Errors as above; kInvalid when there is none.
base::Result<domain::Challenge> ParseChallenge(std::string_view body,
                                               const SessionRequestRules& rules);

}  // namespace obolus::http
