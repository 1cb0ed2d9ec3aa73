#include "storage/postgres_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "storage/job_queue.h"

namespace obolus::storage {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kOldestServer = 140'000;  // target_session_attrs and pipelines as used here
constexpr int kBinary = 1;

std::array<char, 8> ToBytes(std::int64_t value) {
  auto bits = static_cast<std::uint64_t>(value);
  if constexpr (std::endian::native == std::endian::little) bits = std::byteswap(bits);
  return std::bit_cast<std::array<char, 8>>(bits);
}

// Rows end in a message and a line end; nothing of ours has more lines.
std::string OneLine(const char* message) {
  std::string line(message == nullptr ? "" : message);
  std::ranges::replace(line, '\n', ' ');
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

PostgresFault FaultOf(std::string_view state) {
  if (state == "23505" || state == "22012") return PostgresFault::kConflict;
  // A standby now, or on its way down: another host may take writes.
  if (state == "25006" || state.starts_with("57P") || state.starts_with("08")) {
    return PostgresFault::kLost;
  }
  if (state.starts_with("40") || state.starts_with("53") || state == "55P03" || state == "57014") {
    return PostgresFault::kTransient;
  }
  return PostgresFault::kOther;
}

// What the operator does not say in the dsn: how long to try, and how soon to notice a dead peer.
constexpr std::pair<const char*, const char*> kDefaults[] = {
    {"application_name", "obolus"}, {"connect_timeout", "2"},
    {"tcp_user_timeout", "5000"},   {"keepalives_idle", "5"},
    {"keepalives_interval", "2"},   {"keepalives_count", "3"},
    {"client_encoding", "UTF8"},    {"target_session_attrs", "read-write"},
};

PGconn* Connect(const std::string& dsn) {
  char* error = nullptr;
  PQconninfoOption* options = PQconninfoParse(dsn.c_str(), &error);
  PQfreemem(error);  // it may quote the password
  if (options == nullptr) return nullptr;
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : kDefaults) {
    keys.push_back(key);
    values.push_back(value);
  }
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    keys.push_back(option->keyword);  // later ones win
    values.push_back(option->val);
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  PGconn* handle = PQconnectdbParams(keys.data(), values.data(), 0);
  PQconninfoFree(options);
  return handle;
}

int PollMillis(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<base::Millis>(deadline - Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

}  // namespace

PostgresCall& PostgresCall::Add(const char* data, std::size_t size) {
  const auto index = static_cast<std::size_t>(count_++);
  CHECK(index < kMaxParameters);
  values_[index] = data;
  lengths_[index] = static_cast<int>(size);
  return *this;
}

PostgresCall& PostgresCall::Bind(std::int64_t value) {
  auto& bytes = numbers_[static_cast<std::size_t>(count_)];
  bytes = ToBytes(value);
  return Add(bytes.data(), bytes.size());
}

PostgresCall& PostgresCall::Bind(bool value) {
  return Add(value ? "\x01" : "\x00", 1);
}

PostgresCall& PostgresCall::Bind(std::string_view text) {
  // A null pointer would bind NULL where the empty text is meant.
  return Add(text.data() == nullptr ? "" : text.data(), text.size());
}

PostgresCall& PostgresCall::BindNull() {
  return Add(nullptr, 0);
}

void PostgresCall::Queue(std::function<void(std::int64_t)> done) {
  connection_->Send(*this, std::move(done), nullptr);
}

base::Result<PostgresRows> PostgresCall::Fetch() {
  PostgresConnection& connection = *connection_;
  std::optional<PostgresRows> rows;
  connection.Send(*this, {}, &rows);
  if (connection.fault_ == PostgresFault::kNone && PQsendFlushRequest(connection.handle_) != 1) {
    connection.Fail(PostgresFault::kLost, PQerrorMessage(connection.handle_));
  }
  const auto deadline = Clock::now() + connection.answer_timeout_;
  while (!rows && connection.fault_ == PostgresFault::kNone) connection.ReadNext(deadline);
  if (!rows) {
    // Whoever waits for these rows returns now.
    for (auto& pending : connection.pending_) pending.rows = nullptr;
    return std::unexpected(connection.failure_);
  }
  return std::move(*rows);
}

base::Result<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const PostgresTarget& target) {
  PGconn* handle = Connect(target.dsn);
  if (handle == nullptr) {
    return base::Fail(base::ErrorCode::kInvalid, "store.dsn is not a PostgreSQL connection string");
  }
  std::unique_ptr<PostgresConnection> connection(
      new PostgresConnection(handle, target.answer_timeout));
  if (PQstatus(handle) != CONNECTION_OK) {
    return std::unexpected(Unavailable("PostgreSQL: " + OneLine(PQerrorMessage(handle))));
  }
  if (auto configured = connection->Configure(target); !configured) {
    return std::unexpected(std::move(configured.error()));
  }
  return connection;
}

PostgresConnection::PostgresConnection(pg_conn* handle, base::Millis answer_timeout)
    : handle_(handle), answer_timeout_(answer_timeout) {
  PQsetNoticeReceiver(handle_, &PostgresConnection::OnNotice, this);
}

PostgresConnection::~PostgresConnection() {
  PQfinish(handle_);
}

// The value of synchronous_commit that was looked at is set for this session, so that a reload of
// the server's configuration cannot weaken it later.
base::Status PostgresConnection::Configure(const PostgresTarget& target) {
  if (PQserverVersion(handle_) < kOldestServer) {
    return base::Fail(base::ErrorCode::kInvalid, "PostgreSQL 14 or later is needed");
  }
  if (PQsetnonblocking(handle_, 1) != 0 || PQenterPipelineMode(handle_) != 1) {
    return std::unexpected(Unavailable("PostgreSQL: " + OneLine(PQerrorMessage(handle_))));
  }
  const std::string statement = std::to_string(target.statement_timeout.count());
  const std::string lock = std::to_string(target.lock_timeout.count());
  const std::string idle = std::to_string(2 * target.answer_timeout.count());
  const auto settings =
      Call(
          "SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, "
          "false), set_config('idle_in_transaction_session_timeout', $3, false),"
          " set_config('synchronous_commit', current_setting('synchronous_commit'), false),"
          " current_setting('synchronous_standby_names'), current_setting('fsync')")
          .Bind(std::string_view(statement))
          .Bind(std::string_view(lock))
          .Bind(std::string_view(idle))
          .Fetch();
  if (!settings) return std::unexpected(settings.error());
  const std::string_view commit = settings->Bytes(0, 3);
  if (commit == "off") {
    return base::Fail(base::ErrorCode::kInvalid,
                      "synchronous_commit is off on the PostgreSQL server: commits could be lost; "
                      "set it to on");
  }
  if (commit == "local" && !settings->Bytes(0, 4).empty()) {
    return base::Fail(base::ErrorCode::kInvalid,
                      "synchronous_commit is local on the PostgreSQL server though "
                      "synchronous_standby_names is set: commits could be lost; set it to on");
  }
  if (settings->Bytes(0, 5) != "on") {
    return base::Fail(base::ErrorCode::kInvalid,
                      "fsync is off on the PostgreSQL server: commits could be lost; set it to on");
  }
  return Sync();
}

void PostgresConnection::Send(const PostgresCall& call, std::function<void(std::int64_t)> done,
                              std::optional<PostgresRows>* rows) {
  if (fault_ != PostgresFault::kNone) return;
  std::string& name = statements_[call.sql_];
  bool sent = true;
  if (name.empty()) {
    name = "s" + std::to_string(++last_name_);
    sent = PQsendPrepare(handle_, name.c_str(), call.sql_, 0, nullptr) == 1;
    pending_.push_back({Kind::kPrepare, call.sql_, {}, nullptr});
  }
  std::array<int, PostgresCall::kMaxParameters> formats;
  formats.fill(kBinary);
  sent = sent && PQsendQueryPrepared(handle_, name.c_str(), call.count_, call.values_.data(),
                                     call.lengths_.data(), formats.data(), kBinary) == 1;
  pending_.push_back({Kind::kCall, call.sql_, std::move(done), rows});
  if (!sent) Fail(PostgresFault::kLost, PQerrorMessage(handle_));
}

void PostgresConnection::QueueText(const std::string& sql) {
  if (fault_ != PostgresFault::kNone) return;
  if (PQsendQueryParams(handle_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, kBinary) !=
      1) {
    Fail(PostgresFault::kLost, PQerrorMessage(handle_));
  }
  pending_.push_back({Kind::kCall, nullptr, {}, nullptr});
}

base::Status PostgresConnection::Sync() {
  if (!WaitForSync()) return std::unexpected(failure_);
  if (fault_ == PostgresFault::kNone) return {};
  const PostgresFault fault = fault_;
  base::Error failure = failure_;
  if (PQtransactionStatus(handle_) == PQTRANS_INERROR) {
    fault_ = PostgresFault::kNone;
    Call("ROLLBACK").Queue();
    if (!WaitForSync() || fault_ != PostgresFault::kNone) {
      fault_ = PostgresFault::kLost;
      return std::unexpected(failure_);
    }
  }
  fault_ = fault;
  failure_ = failure;
  return std::unexpected(std::move(failure));
}

void PostgresConnection::Restart() {
  warned_ = false;
  last_tag_.clear();
  if (fault_ != PostgresFault::kLost) fault_ = PostgresFault::kNone;
}

// False: the connection is lost.
bool PostgresConnection::WaitForSync() {
  if (fault_ == PostgresFault::kLost) return false;
  if (PQpipelineSync(handle_) != 1) Fail(PostgresFault::kLost, PQerrorMessage(handle_));
  pending_.push_back({Kind::kSync, nullptr, {}, nullptr});
  const auto deadline = Clock::now() + answer_timeout_;
  while (fault_ != PostgresFault::kLost && !pending_.empty()) ReadNext(deadline);
  return fault_ != PostgresFault::kLost;
}

bool PostgresConnection::ReadNext(Clock::time_point deadline) {
  CHECK(!pending_.empty());
  bool waited = false;
  pg_result* result = NextResult(deadline, &waited);
  if (!waited) return false;
  Pending pending = std::move(pending_.front());
  pending_.pop_front();
  if (result == nullptr) {
    Fail(PostgresFault::kLost, "PostgreSQL answered out of turn");
    return false;
  }
  const bool kept = Settle(pending, result);
  if (!kept) PQclear(result);
  if (pending.kind == Kind::kSync || fault_ == PostgresFault::kLost) return true;
  // Each result of a statement is followed by an empty one.
  pg_result* end = NextResult(deadline, &waited);
  PQclear(end);
  return waited;
}

// True: the result went into rows.
bool PostgresConnection::Settle(Pending& pending, pg_result* result) {
  switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
      return false;
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK: {
      if (pending.kind == Kind::kPrepare) return false;
      last_tag_ = PQcmdStatus(result);
      if (pending.done) pending.done(std::strtoll(PQcmdTuples(result), nullptr, 10));
      if (pending.rows == nullptr) return false;
      pending.rows->emplace(result);
      return true;
    }
    case PGRES_PIPELINE_ABORTED:
      if (fault_ == PostgresFault::kNone) Fail(PostgresFault::kOther, "a pipeline was aborted");
      break;
    default:
      FailAs(result);
  }
  last_tag_.clear();
  if (pending.kind == Kind::kPrepare) statements_.erase(pending.sql);
  return false;
}

// `waited` is false when the connection was lost over it.
pg_result* PostgresConnection::NextResult(Clock::time_point deadline, bool* waited) {
  *waited = false;
  while (true) {
    const int unsent = PQflush(handle_);
    if (unsent >= 0 && PQisBusy(handle_) == 0) break;
    pollfd socket{PQsocket(handle_), static_cast<short>(POLLIN | (unsent == 1 ? POLLOUT : 0)), 0};
    if (unsent < 0 || socket.fd < 0) {
      Fail(PostgresFault::kLost, PQerrorMessage(handle_));
      return nullptr;
    }
    const int ready = ::poll(&socket, 1, PollMillis(deadline));
    if (ready < 0 && errno != EINTR) {
      Fail(PostgresFault::kLost, "cannot wait for PostgreSQL");
      return nullptr;
    }
    if (ready <= 0 && Clock::now() >= deadline) {
      Fail(PostgresFault::kLost, "PostgreSQL did not answer in time");
      return nullptr;
    }
    if ((socket.revents & ~POLLOUT) != 0 && PQconsumeInput(handle_) != 1) {
      // What the server said before it went may still be there to read.
      if (PQisBusy(handle_) != 0) {
        Fail(PostgresFault::kLost, PQerrorMessage(handle_));
        return nullptr;
      }
    }
  }
  *waited = true;
  return PQgetResult(handle_);
}

void PostgresConnection::Fail(PostgresFault fault, std::string message) {
  if (fault_ != PostgresFault::kNone && fault != PostgresFault::kLost) return;
  if (fault_ != PostgresFault::kLost) {
    failure_ = Unavailable("PostgreSQL: " + OneLine(message.c_str()));
  }
  fault_ = fault;
}

// The first error tells; those after it follow from it. The server's text may quote what was
// written (its DETAIL does), so only the primary message is used.
void PostgresConnection::FailAs(const pg_result* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  PostgresFault fault = FaultOf(state == nullptr ? "" : state);
  if (state == nullptr || PQstatus(handle_) == CONNECTION_BAD) fault = PostgresFault::kLost;
  if (fault == PostgresFault::kConflict && fault_ == PostgresFault::kNone) {
    fault_ = fault;
    failure_ = {base::ErrorCode::kConflict, "the row exists already", {}, std::nullopt};
    return;
  }
  Fail(fault, primary != nullptr ? std::string(primary) + " (" + (state ? state : "") + ")"
                                 : PQresultErrorMessage(result));
}

void PostgresConnection::OnNotice(void* self, const pg_result* notice) {
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != nullptr && std::strcmp(severity, "WARNING") == 0) {
    static_cast<PostgresConnection*>(self)->warned_ = true;
  }
}

base::Result<std::vector<std::string>> PostgresConnection::Await(base::Millis limit, int wake) {
  std::array<pollfd, 2> files{pollfd{PQsocket(handle_), POLLIN, 0}, pollfd{wake, POLLIN, 0}};
  std::vector<std::string> payloads;
  const auto take = [&] {
    while (PGnotify* notify = PQnotifies(handle_)) {
      payloads.emplace_back(notify->extra);
      PQfreemem(notify);
    }
  };
  take();
  if (!payloads.empty()) return payloads;
  static_cast<void>(::poll(files.data(), files.size(), static_cast<int>(limit.count())));
  if (files[0].revents != 0 && PQconsumeInput(handle_) != 1) {
    Fail(PostgresFault::kLost, PQerrorMessage(handle_));
    return std::unexpected(failure_);
  }
  take();
  return payloads;
}

}  // namespace obolus::storage
