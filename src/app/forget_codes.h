// After a commit: the security codes of payments that are over are dropped from memory, whoever
// wrote the commit, this replica or another. A notice that is lost costs no more than the time that
// a code is kept at most. Called by main/ for every commit of the store; any thread.
#pragma once

#include "app/services.h"

namespace obolus::app {

void ForgetCodes(const Services& services, const CommitNotice& notice);

}  // namespace obolus::app
