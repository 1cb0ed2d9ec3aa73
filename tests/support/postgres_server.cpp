#include "support/postgres_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/id.h"
#include "storage/migrations.h"

namespace obolus::tests {
namespace {

constexpr const char* kUser = "postgres";
constexpr int kTries = 600;  // of 100 ms

[[noreturn]] void GiveUp(const std::string& why) {
  std::fprintf(stderr, "PostgreSQL for tests: %s\n", why.c_str());
  std::abort();
}

// Debian keeps them out of PATH.
std::string Programs() {
  std::vector<std::string> folders;
  const std::filesystem::path root = "/usr/lib/postgresql";
  if (std::filesystem::exists(root)) {
    for (const auto& entry : std::filesystem::directory_iterator(root)) {
      if (std::filesystem::exists(entry.path() / "bin" / "initdb")) {
        folders.push_back((entry.path() / "bin").string());
      }
    }
  }
  if (folders.empty()) GiveUp("postgresql is not installed: tools/setup");
  return *std::ranges::max_element(folders);
}

// Runs a program of PostgreSQL as a user that may, its output in `log`. It ends with this process.
pid_t Launch(const std::string& program, std::vector<std::string> arguments,
             const std::string& log) {
  std::vector<std::string> words = {"setpriv", "--pdeathsig", "QUIT"};
  if (::geteuid() == 0) {
    words.insert(words.end(), {"--reuid", kUser, "--regid", kUser, "--clear-groups"});
  }
  words.insert(words.end(), {"--", Programs() + "/" + program});
  std::ranges::move(arguments, std::back_inserter(words));
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) GiveUp("cannot fork");
  if (child != 0) return child;
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::close(STDIN_FILENO);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

void Run(const std::string& program, std::vector<std::string> arguments, const std::string& log) {
  int status = 0;
  const pid_t child = Launch(program, std::move(arguments), log);
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::ifstream file(log);
    std::string text(std::istreambuf_iterator<char>(file), {});
    GiveUp(program + " failed:\n" + text);
  }
}

std::uint16_t FreePort() {
  const int file = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(file, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(file, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    GiveUp("no free port");
  }
  ::close(file);
  return ntohs(address.sin_port);
}

}  // namespace

PostgresServer::PostgresServer(const std::vector<std::string>& settings) {
  MakeFolder();
  Run("initdb",
      {"--pgdata", folder_ + "/data", "--username", kUser, "--auth", "trust", "--encoding", "UTF8",
       "--no-locale", "--no-sync"},
      folder_ + "/initdb.log");
  Configure(settings);
  Start();
}

PostgresServer::PostgresServer(PostgresServer& primary, const std::string& name) {
  MakeFolder();
  Run("pg_basebackup",
      {"--pgdata", folder_ + "/data", "--write-recovery-conf", "--checkpoint", "fast", "--dbname",
       primary.Dsn() + " application_name=" + name},
      folder_ + "/basebackup.log");
  Configure({"synchronous_standby_names = ''"});
  Start();
}

std::unique_ptr<PostgresServer> PostgresServer::Standby(PostgresServer& primary,
                                                        const std::string& name) {
  return std::unique_ptr<PostgresServer>(new PostgresServer(primary, name));
}

PostgresServer::~PostgresServer() {
  if (pid_ != 0) End(SIGQUIT);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

PostgresServer& PostgresServer::Shared() {
  static PostgresServer server;
  return server;
}

void PostgresServer::MakeFolder() {
  folder_ = (std::filesystem::temp_directory_path() / "obolus-postgres-XXXXXX").string();
  if (::mkdtemp(folder_.data()) == nullptr) GiveUp("no temporary folder");
  if (::geteuid() == 0) {
    const passwd* user = ::getpwnam(kUser);
    if (user == nullptr || ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0) {
      GiveUp("there is no user postgres, and root may not run it");
    }
  }
  port_ = FreePort();
}

void PostgresServer::Configure(const std::vector<std::string>& settings) {
  std::ofstream file(folder_ + "/data/postgresql.conf", std::ios::app);
  file << "listen_addresses = '127.0.0.1'\nport = " << port_ << "\nunix_socket_directories = '"
       << folder_ << "'\nfsync = on\nsynchronous_commit = on\nshared_buffers = 64MB\n"
       << "max_connections = 100\n";
  for (const std::string& line : settings) file << line << '\n';
  if (!file.flush()) GiveUp("cannot write its configuration");
}

std::string PostgresServer::Dsn(const std::string& database) const {
  return "host=127.0.0.1 port=" + std::to_string(port_) + " user=" + kUser + " dbname=" + database;
}

void PostgresServer::Start(const std::vector<std::string>& settings) {
  std::vector<std::string> arguments = {"-D", folder_ + "/data"};
  for (const std::string& setting : settings) arguments.insert(arguments.end(), {"-c", setting});
  pid_ = Launch("postgres", std::move(arguments), folder_ + "/postgres.log");
  AwaitReady();
}

void PostgresServer::AwaitReady() {
  for (int i = 0; i < kTries; ++i) {
    storage::PostgresTarget target;
    target.dsn = Dsn() + " target_session_attrs=any";
    if (storage::PostgresConnection::Open(target)) return;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::ifstream log(folder_ + "/postgres.log");
  GiveUp("it does not start:\n" + std::string(std::istreambuf_iterator<char>(log), {}));
}

void PostgresServer::End(int signal) {
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void PostgresServer::Stop() {
  End(SIGINT);
}

void PostgresServer::Kill() {
  End(SIGQUIT);
}

void PostgresServer::Promote() {
  Execute("SELECT pg_promote()");
}

std::string PostgresServer::NewDatabase() {
  std::string name = "t" + std::to_string(++last_database_);
  Execute("CREATE DATABASE " + name);
  return name;
}

std::string PostgresServer::NewMigratedDatabase() {
  if (template_.empty()) {
    const std::string name = NewDatabase();
    storage::PostgresTarget target;
    target.dsn = Dsn(name);
    const auto connection = storage::PostgresConnection::Open(target);
    if (!connection) GiveUp(connection.error().message);
    const auto migrated = storage::Migrate(**connection, storage::PostgresMigrations());
    if (!migrated) GiveUp(migrated.error().message);
    template_ = name;
  }
  std::string name = "t" + std::to_string(++last_database_);
  Execute("CREATE DATABASE " + name + " TEMPLATE " + template_);
  return name;
}

void PostgresServer::Empty(const std::string& database) {
  for (const char* table :
       {"sessions", "events", "answers", "received_events", "unapplied_subjects", "cards", "codes",
        "card_deletions", "tallies", "operations", "facts", "timeline"}) {
    Execute(std::string("DELETE FROM ") + table, database);
  }
}

std::string PostgresServer::Execute(const std::string& sql, const std::string& database) {
  storage::PostgresTarget target;
  target.dsn = Dsn(database) + " target_session_attrs=any";
  target.statement_timeout = target.lock_timeout = target.answer_timeout = base::Millis(60'000);
  auto connection = storage::PostgresConnection::Open(target);
  if (!connection) {
    ADD_FAILURE() << connection.error().message;
    return "";
  }
  const auto rows = (*connection)->Call(sql.c_str()).Fetch();
  const auto done = (*connection)->Sync();
  if (!rows || !done) {
    ADD_FAILURE() << sql << ": " << (rows ? done.error() : rows.error()).message;
    return "";
  }
  return rows->size() > 0 && !rows->IsNull(0, 0) ? std::string(rows->Bytes(0, 0)) : "";
}

}  // namespace obolus::tests
