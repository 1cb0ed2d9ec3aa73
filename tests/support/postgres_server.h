// A PostgreSQL server of a test program's own: in a temporary folder, on loopback, with fsync on,
// started when first asked for and stopped at the end. postgres refuses to run as root, so for
// root it runs as the user postgres, which Debian's package makes. One for all tests of a program,
// with a database for each; or several, for tests that stop and promote them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/postgres_connection.h"

namespace obolus::tests {

class PostgresServer {
 public:
  // `settings`: lines of postgresql.conf. It ends with the thread that started it. Ends the process
  // when it does not start: without a server there is nothing to test.
  explicit PostgresServer(const std::vector<std::string>& settings = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // A standby of `primary` under that application_name, streaming.
  static std::unique_ptr<PostgresServer> Standby(PostgresServer& primary, const std::string& name);

  // The one that tests of this program share.
  static PostgresServer& Shared();

  std::uint16_t port() const { return port_; }
  std::string Dsn(const std::string& database = "postgres") const;
  // An empty database, and one with the schema in it.
  std::string NewDatabase();
  std::string NewMigratedDatabase();
  void Empty(const std::string& database);  // all rows but those of the schema itself

  // One statement as superuser; its first value as text. Fails the test otherwise.
  std::string Execute(const std::string& sql, const std::string& database = "postgres");

  void Start(const std::vector<std::string>& settings = {});  // "name=value", on top of the rest
  void Stop();                                                // fast: connections end
  void Kill();                                                // at once, as a crash does
  void Promote();                                             // a standby becomes a primary

 private:
  PostgresServer(PostgresServer& primary, const std::string& name);
  void MakeFolder();
  void Configure(const std::vector<std::string>& settings);
  void End(int signal);
  void AwaitReady();

  std::string folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = 0;
  int last_database_ = 0;
  std::string template_;
};

}  // namespace obolus::tests
