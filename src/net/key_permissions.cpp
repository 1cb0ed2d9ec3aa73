#include "net/key_permissions.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace obolus::net {

base::Status CheckKeyPermissions(const std::string& file) {
  struct stat info{};
  if (stat(file.c_str(), &info) != 0) {
    return base::Fail(base::ErrorCode::kInvalid,
                      "TLS key " + file + ": " + std::generic_category().message(errno));
  }
  if ((info.st_mode & (S_IRWXO | S_IWGRP)) == 0) return {};
  return base::Fail(base::ErrorCode::kForbidden,
                    file +
                        " is a private key and open to others, or its group may write it; run: "
                        "chmod 600 " +
                        file);
}

bool IsReadableByGroup(const std::string& file) {
  struct stat info{};
  return stat(file.c_str(), &info) == 0 && (info.st_mode & S_IRGRP) != 0;
}

}  // namespace obolus::net
