// Who this process is: an unprivileged user where it was started as root, and in any case one
// without capabilities that could come back. Called by main/sandbox; StepDown while there is one
// thread, so that all others inherit it, GiveUpTheRest when the listeners are open.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"

namespace obolus::main {

struct Account {
  std::string name;
  uid_t user = 0;
  gid_t group = 0;
};

// The account `run_as`; nothing when it is empty or who we are already. kInvalid, in this order:
// there is no such user; it is root; we are neither root nor it.
base::Result<std::optional<Account>> FindAccount(const std::string& run_as);

// Makes `folder` the account's, with the files right in it that root has made in an earlier life.
// kUnavailable: it cannot be.
base::Status HandOver(const std::string& folder, const Account& account);

// no_new_privs, no core file, no debugger of the same user; then groups, user and capabilities,
// all but the one that binds ports below 1024 where `binds_low_port`. kUnavailable: the kernel
// refused; the message says what.
base::Status StepDown(const std::optional<Account>& account, bool binds_low_port);

// What was kept for low ports goes, on every thread, and is looked for: kUnavailable if anything is
// left or root can be had back. Without an account nothing was root's to give: a capability for low
// ports that the process was started with stays.
base::Status GiveUpTheRest(const std::optional<Account>& account);

}  // namespace obolus::main
