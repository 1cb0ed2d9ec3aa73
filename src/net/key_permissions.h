// Who else may read or write a private key of ours. Looked at before a key file is read, by servers
// and clients when they start or reload and by `obolus check`; any thread.
#pragma once

#include <string>

#include "base/result.h"

namespace obolus::net {

// kForbidden when others may read the file, or anyone but its owner may write it. Its group may
// read it: Debian's group ssl-cert and Kubernetes' fsGroup work so. kInvalid: no such file.
base::Status CheckKeyPermissions(const std::string& file);
// Whether its group may read it, which `obolus check` mentions.
bool IsReadableByGroup(const std::string& file);

}  // namespace obolus::net
