// Enters the very sandbox of `obolus serve`, once for each attempt in a process of its own, and
// tells what happened: what an intruder would try must be refused, what the service needs must
// work. The same attempts without a sandbox show that it is the sandbox that refuses. Prints one
// table; 0 only if all is as it must be.
//
//   sandbox_probe [USER]    started as root it becomes USER (default: nobody)
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>

#include "main/landlock.h"
#include "main/sandbox.h"
#include "net/test_folder.h"
#include "support/recording_audit_log.h"
#include "tests/hardening/attempts.h"

namespace obolus::testing {
namespace {

constexpr int kNotEntered = 254;  // exit code of a child; others are an errno, 0 success
constexpr int kLongestS = 20;     // one attempt

struct Outcome {
  bool done = false;  // the attempt succeeded
  bool entered = true;
  std::string text;
};

Outcome OutcomeOf(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return {false, true, signal == SIGSYS ? "killed (SIGSYS)" : strsignal(signal)};
  }
  const int code = WEXITSTATUS(status);
  if (code == kNotEntered) return {false, false, "the sandbox was not entered"};
  return {code == 0, true, code == 0 ? "works" : strerrorname_np(code)};
}

main::Config ConfigOf(const Ground& ground, const std::string& user) {
  const std::string port = std::to_string(ground.peer_port);
  const std::string certificate = ground.certificates + "/cert.pem";
  auto config = main::LoadConfig(
      {.file = "",
       .environment = {},
       .settings = {"data_dir=" + ground.data, "commerce.require=api_key",
                    "commerce.api_keys=" + std::string(64, 'a'), "commerce.tls.mode=server",
                    "commerce.tls.certificate=" + certificate, "commerce.tls.key=" + certificate,
                    "commerce.port=" + std::to_string(ground.own_port), "shopper.tls.mode=off",
                    "bridge.source=urn:obolus:probe", "bridge.url=https://localhost:" + port,
                    "sandbox.run_as=" + user}});
  if (config) return std::move(*config);
  for (const auto& fault : config.error().fields) {
    std::fprintf(stderr, "%s %s\n", fault.pointer.c_str(), fault.detail.c_str());
  }
  std::exit(1);
}

bool EnterSandbox(const main::Config& config) {
  auto sandbox = main::Sandbox::Enter(config, {});
  if (!sandbox) {
    std::fprintf(stderr, "sandbox_probe: %s\n", sandbox.error().message.c_str());
    return false;
  }
  static base::Metrics metrics;
  RecordingAuditLog audit;
  auto ended = sandbox->CloseSystemCalls();
  if (ended) ended = sandbox->Finish(metrics, audit);
  if (!ended) std::fprintf(stderr, "sandbox_probe: %s\n", ended.error().message.c_str());
  for (const auto& layer : sandbox->Layers()) {
    if (!layer.holds) std::fprintf(stderr, "sandbox_probe: %s is missing\n", layer.name);
    if (!layer.holds) return false;
  }
  return ended.has_value();
}

// In a child, so that each attempt starts from the same place; nothing printed there counts.
Outcome Try(const Attempt& attempt, const Ground& ground, const main::Config* config) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(kLongestS);
    if (config == nullptr) close(STDERR_FILENO);
    if (config != nullptr && !EnterSandbox(*config)) _exit(kNotEntered);
    _exit(attempt.call(ground));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return OutcomeOf(status);
}

std::uint16_t Listen() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, any, size) != 0 || listen(listener, 64) != 0) std::exit(1);
  getsockname(listener, any, &size);
  return ntohs(address.sin_port);
}

void ListenUnix(const std::string& path) {
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 64) != 0 || chmod(path.c_str(), 0777) != 0) {
    std::exit(1);
  }
}

void Put(const std::string& path, mode_t mode) {
  std::ofstream(path) << "text\n";
  chmod(path.c_str(), mode);
}

Ground Prepare(const std::string& root) {
  Ground ground;
  ground.data = root + "/data";
  ground.certificates = root + "/certificates";
  ground.outside = root + "/outside";
  ground.socket = ground.outside + "/socket";
  chmod(root.c_str(), 0755);
  // Open to everybody, so that only the sandbox is in the way.
  for (const auto& folder : {ground.certificates, ground.outside}) {
    mkdir(folder.c_str(), 0777);
    chmod(folder.c_str(), 0777);
  }
  Put(ground.certificates + "/cert.pem", 0666);
  Put(ground.certificates + "/renewed.pem", 0666);
  Put(ground.outside + "/secret.txt", 0666);
  Put(ground.outside + "/spare.txt", 0666);
  ListenUnix(ground.socket);
  ground.own_port = Listen();
  ground.peer_port = Listen();
  ground.other_port = Listen();
  ground.watcher = fork();
  if (ground.watcher == 0) {
    alarm(kLongestS * 60);
    while (true) pause();
  }
  return ground;
}

struct Tally {
  int right = 0, all = 0;
};

Tally Table(const std::vector<Attempt>& attempts, const Ground& ground, const main::Config& config,
            bool must_work) {
  Tally tally;
  for (const auto& attempt : attempts) {
    const Outcome outcome = Try(attempt, ground, &config);
    const bool is_right = outcome.entered && outcome.done == must_work;
    std::printf("%-6s %-44s %s\n", is_right ? "ok" : "WRONG", attempt.name, outcome.text.c_str());
    ++tally.all;
    if (is_right) ++tally.right;
  }
  return tally;
}

// How many of the attempts would have worked: a refusal by something else proves nothing.
Tally WithoutSandbox(const std::vector<Attempt>& attempts, const Ground& ground) {
  Tally tally;
  mkdir(ground.data.c_str(), 0777);
  for (const auto& attempt : attempts) {
    if (!attempt.harmless) continue;
    ++tally.all;
    const Outcome outcome = Try(attempt, ground, nullptr);
    if (outcome.done) ++tally.right;
    if (!outcome.done)
      std::printf("       without: %-35s %s\n", attempt.name, outcome.text.c_str());
    for (const char* made : {"/link", "/mine", "/pipe", "/s"}) unlink((ground.data + made).c_str());
  }
  Put(ground.outside + "/spare.txt", 0666);
  return tally;
}

int Run(const std::string& user) {
  const net::TestFolder folder;
  const Ground ground = Prepare(folder.path());
  const main::Config config = ConfigOf(ground, user);
  const auto forbidden = ForbiddenAttempts();
  const Tally refused = Table(forbidden, ground, config, false);
  const Tally works = Table(NeededCalls(), ground, config, true);
  const Tally without = WithoutSandbox(forbidden, ground);
  kill(ground.watcher, SIGKILL);
  std::printf(
      "sandbox (Landlock %d, %s): %d of %d refused, %d of %d needed calls work; without a "
      "sandbox %d of the %d that may be tried work\n",
      main::LandlockVersion(), user.empty() ? "own user" : user.c_str(), refused.right, refused.all,
      works.right, works.all, without.right, without.all);
  return refused.right == refused.all && works.right == works.all && without.right > 0 ? 0 : 1;
}

}  // namespace
}  // namespace obolus::testing

int main(int argc, char** argv) {
  const std::string user = geteuid() != 0 ? "" : argc > 1 ? argv[1] : "nobody";
  setvbuf(stdout, nullptr, _IOLBF, 0);
  return obolus::testing::Run(user);
}
