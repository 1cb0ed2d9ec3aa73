// Which TCP ports and files libpq will want for a connection string, its environment and defaults
// included, so that main/ can leave just these in reach. Nothing is opened. With
// postgres_connection the code that knows libpq's options. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace obolus::storage {

struct PostgresReach {
  std::vector<std::uint16_t> ports;  // none for a host that is a folder of sockets
  std::vector<std::string> files;    // they need not exist: ~/.pgpass, ~/.postgresql/root.crt, …
};

// `dsn`: keywords or URI; nothing for one that cannot be read. A service file is not looked into.
PostgresReach PostgresReachOf(const std::string& dsn);

}  // namespace obolus::storage
