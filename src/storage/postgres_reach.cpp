#include "storage/postgres_reach.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <map>
#include <memory>
#include <string_view>

namespace obolus::storage {
namespace {

using Options = std::map<std::string, std::string, std::less<>>;
constexpr std::uint16_t kUsualPort = 5432;

void Overlay(Options& options, PQconninfoOption* list) {
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> owned(list, PQconninfoFree);
  for (const auto* option = list; option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val != nullptr && *option->val != '\0') options[option->keyword] = option->val;
  }
}

std::vector<std::string_view> Split(std::string_view list) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    parts.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::string Home() {
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return home;
  const passwd* entry = getpwuid(geteuid());
  return entry == nullptr ? "" : entry->pw_dir;
}

}  // namespace

PostgresReach PostgresReachOf(const std::string& dsn) {
  PQconninfoOption* given = PQconninfoParse(dsn.c_str(), nullptr);
  if (given == nullptr) return {};
  Options options;
  Overlay(options, PQconndefaults());
  Overlay(options, given);
  PostgresReach reach;
  for (const std::string_view text : Split(options["port"])) {
    std::uint16_t port = kUsualPort;
    std::from_chars(text.data(), text.data() + text.size(), port);
    reach.ports.push_back(port);
  }
  const std::string home = Home();
  const std::pair<const char*, const char*> kFiles[] = {{"sslcert", "/.postgresql/postgresql.crt"},
                                                        {"sslkey", "/.postgresql/postgresql.key"},
                                                        {"sslrootcert", "/.postgresql/root.crt"},
                                                        {"sslcrl", "/.postgresql/root.crl"},
                                                        {"passfile", "/.pgpass"}};
  for (const auto& [option, usual] : kFiles) {
    if (const std::string& file = options[option]; !file.empty()) {
      reach.files.push_back(file);
    } else if (!home.empty()) {
      reach.files.push_back(home + usual);
    }
  }
  return reach;
}

}  // namespace obolus::storage
