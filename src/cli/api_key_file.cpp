#include "cli/api_key_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/json.h"
#include "cli/api_key.h"
#include "cli/printable.h"

namespace obolus::cli {
namespace {

using base::ErrorCode;
using Keys = std::vector<app::ApiKey>;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

std::unexpected<base::Error> SystemFailure(const std::string& what, const std::string& path) {
  return base::Fail(ErrorCode::kUnavailable,
                    what + " " + path + ": " + std::generic_category().message(errno));
}

base::Result<Keys> Read(const std::string& file, base::Timestamp now) {
  if (access(file.c_str(), F_OK) != 0 && errno == ENOENT) {
    return base::Fail(ErrorCode::kNotFound,
                      file + " is not there; `obolus apikey create --name NAME` makes it");
  }
  std::ifstream stream(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) return SystemFailure("cannot read", file);
  auto keys = app::ParseApiKeys(text, now);
  if (keys) return keys;
  base::Error error = keys.error();
  error.message = file + ": " +
                  (error.fields.empty() ? error.message
                                        : error.fields[0].pointer + " " + error.fields[0].detail);
  return std::unexpected(std::move(error));
}

base::Status Write(const std::string& file, const Keys& keys) {
  std::string draft = file + ".XXXXXX";
  const Descriptor out(mkostemp(draft.data(), O_CLOEXEC));  // mode 0600
  if (out.number() < 0) return SystemFailure("cannot write", file);
  const std::string text = app::RenderApiKeys(keys);
  const bool written =
      write(out.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      fsync(out.number()) == 0 && rename(draft.c_str(), file.c_str()) == 0;
  if (written) return {};
  const auto failure = SystemFailure("cannot write", file);
  unlink(draft.c_str());
  return failure;
}

// Reads, lets `change` decide and writes, with nobody between.
template <class F>
base::Status Change(const std::string& file, base::Timestamp now, F change) {
  const std::string lock_file = file + ".lock";
  const Descriptor lock(open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.number() < 0 || flock(lock.number(), LOCK_EX) != 0) {
    return SystemFailure("cannot lock", lock_file);
  }
  auto keys = Read(file, now);
  if (!keys && keys.error().code == ErrorCode::kNotFound) keys = Keys{};
  if (!keys) return std::unexpected(keys.error());
  if (base::Status changed = change(*keys); !changed) return changed;
  return Write(file, *keys);
}

std::string Pad(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text + "  ";
}

std::string StateOf(const app::ApiKey& key, base::Timestamp now) {
  return app::IsActive(key, now) ? "active" : "ended";
}

}  // namespace

base::Result<std::string> AddApiKey(const std::string& file, const NewApiKey& wanted,
                                    base::Timestamp now) {
  if (!app::IsKeyName(wanted.name))
    return base::Invalid("--name", "must be 1 to 64 of a-z, 0-9, -");
  if (wanted.scopes.empty()) return base::Invalid("--scopes", "must name one scope at least");
  if (wanted.expires_at && *wanted.expires_at <= now) {
    return base::Invalid("--expires", "is over already");
  }
  const ApiKey made = CreateApiKey();
  app::ApiKey key{.name = wanted.name,
                  .digest = base::Sha256(base::AsBytes(made.key)),
                  .scopes = wanted.scopes,
                  .created_at = now,
                  .expires_at = wanted.expires_at};
  const auto added = Change(file, now, [&](Keys& keys) -> base::Status {
    const auto active = std::ranges::count_if(keys, [&](const app::ApiKey& other) {
      return other.name == wanted.name && app::IsActive(other, now);
    });
    if (active >= static_cast<std::ptrdiff_t>(app::kMostActiveOfAName)) {
      return base::Fail(
          ErrorCode::kConflict,
          wanted.name + " has two active keys already: `obolus apikey revoke ID` the older one");
    }
    keys.push_back(std::move(key));
    return {};
  });
  if (!added) return std::unexpected(added.error());
  return made.key;
}

base::Result<std::string> DescribeApiKeys(const std::string& file, base::Timestamp now, bool json) {
  const auto keys = Read(file, now);
  if (!keys) return std::unexpected(keys.error());
  if (json) return app::RenderApiKeys(*keys);
  std::string text = Pad("ID", 16) + Pad("NAME", 16) + Pad("STATE", 6) + Pad("CREATED", 24) +
                     Pad("EXPIRES", 24) + "SCOPES\n";
  for (const app::ApiKey& key : *keys) {
    std::string scopes;
    for (const auto scope : key.scopes) {
      scopes += (scopes.empty() ? "" : ",") + std::string(app::ToString(scope));
    }
    text += Pad(app::IdOf(key), 16) + Pad(Printable(key.name), 16) + Pad(StateOf(key, now), 6) +
            Pad(base::FormatTime(key.created_at), 24) +
            Pad(key.expires_at ? base::FormatTime(*key.expires_at) : "never", 24) + scopes + "\n";
  }
  return text;
}

base::Result<std::size_t> RevokeApiKeys(const std::string& file, const std::string& which,
                                        base::Timestamp now) {
  std::size_t taken = 0;
  const auto changed = Change(file, now, [&](Keys& keys) -> base::Status {
    taken = std::erase_if(
        keys, [&](const app::ApiKey& key) { return key.name == which || app::IdOf(key) == which; });
    if (taken > 0) return {};
    return base::Fail(ErrorCode::kNotFound, "no key has the id or name " + which);
  });
  if (!changed) return std::unexpected(changed.error());
  return taken;
}

}  // namespace obolus::cli
