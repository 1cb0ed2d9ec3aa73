// `obolus apikey create|list|revoke`: the file commerce.api_keys_file, which holds digests and
// never a key. Each change replaces the whole file at once, mode 0600, under a lock, so a running
// Obolus sees the old list or the new one. Called by main/main; waits for the disk.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/api_keys.h"

namespace obolus::cli {

struct NewApiKey {
  std::string name;
  std::vector<app::Scope> scopes;
  std::optional<base::Timestamp> expires_at;
};

// Makes a key, adds its digest, makes the file when there is none; gives the key itself. Errors, in
// order: kInvalid (name, scopes, a time that is over), those of reading the file, kConflict (two of
// that name are active), kUnavailable (cannot be written).
base::Result<std::string> AddApiKey(const std::string& file, const NewApiKey& wanted,
                                    base::Timestamp now);

// A line for each key, or its JSON. kNotFound: no such file; kUnavailable, kMalformed, kInvalid.
base::Result<std::string> DescribeApiKeys(const std::string& file, base::Timestamp now, bool json);

// Takes away the key of that id, or all of that name; says how many. kNotFound: none. Errors of
// DescribeApiKeys and of writing.
base::Result<std::size_t> RevokeApiKeys(const std::string& file, const std::string& which,
                                        base::Timestamp now);

}  // namespace obolus::cli
