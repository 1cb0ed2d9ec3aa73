#include "storage/postgres_store.h"

#include <future>
#include <utility>

#include "storage/migrations.h"
#include "storage/postgres_listener.h"
#include "storage/postgres_reader.h"
#include "storage/postgres_transaction.h"
#include "storage/postgres_writer.h"

namespace obolus::storage {
namespace {

// A step may take long on a full table, and another process may be taking one.
constexpr base::Millis kMigrationLimit{600'000};

base::Status MigrateOn(PostgresTarget target) {
  target.statement_timeout = kMigrationLimit;
  target.lock_timeout = kMigrationLimit;
  target.answer_timeout = kMigrationLimit;
  auto connection = PostgresConnection::Open(target);
  if (!connection) return std::unexpected(std::move(connection.error()));
  return Migrate(**connection, PostgresMigrations());
}

}  // namespace

base::Result<std::unique_ptr<PostgresStore>> PostgresStore::Open(const PostgresOptions& options,
                                                                 base::IdSource& ids) {
  if (auto migrated = MigrateOn(options.target); !migrated) {
    return std::unexpected(std::move(migrated.error()));
  }
  auto connection = PostgresConnection::Open(options.target);
  if (!connection) return std::unexpected(std::move(connection.error()));
  return std::unique_ptr<PostgresStore>(new PostgresStore(options, ids, std::move(*connection)));
}

PostgresStore::PostgresStore(const PostgresOptions& options, base::IdSource& ids,
                             std::unique_ptr<PostgresConnection> connection)
    : options_(options),
      id_(ids.NewUuid()),
      found_(std::make_shared<std::atomic<PostgresLink::Deadline>>()),
      writes_(options.max_queued),
      reads_(options.max_queued) {
  for (std::size_t i = 0; i < options_.writers; ++i) {
    links_.push_back(
        std::make_unique<PostgresLink>(options_.target, found_, std::move(connection)));
    writers_.emplace_back([this, &ids, link = links_.back().get()] {
      PostgresWriter(
          link, &ids, &listener_,
          {.store = id_, .max_batch = options_.max_batch, .retry_for = options_.retry_for})
          .Run(writes_);
    });
  }
  for (std::size_t i = 0; i < options_.readers; ++i) {
    links_.push_back(std::make_unique<PostgresLink>(options_.target, found_));
    readers_.emplace_back([this, link = links_.back().get()] {
      PostgresReader(link, options_.retry_for).Run(reads_);
    });
  }
}

PostgresStore::~PostgresStore() {
  Close();
}

void PostgresStore::Transact(Body body, std::move_only_function<void(base::Status)> done) {
  writes_.Push({std::move(body), std::move(done), base::Loop::Current()});
}

void PostgresStore::Read(Body body, std::move_only_function<void(base::Status)> done) {
  reads_.Push({std::move(body), std::move(done), base::Loop::Current()});
}

void PostgresStore::OnCommit(Listener listener) {
  hears_.reset();
  listener_ = std::move(listener);
  hears_ = std::make_unique<PostgresListener>(
      std::make_unique<PostgresLink>(options_.target, found_), id_, &listener_);
}

base::Status PostgresStore::CheckHealth() {
  auto outcome = std::make_shared<std::promise<base::Status>>();
  std::future<base::Status> written = outcome->get_future();
  // No home: the caller may be on an engine thread, and waits there.
  writes_.Push({[](app::Transaction& tx) -> base::Status {
                  static_cast<PostgresTransaction&>(tx).WriteNothing();
                  return {};
                },
                [outcome](base::Status status) { outcome->set_value(std::move(status)); },
                nullptr});
  if (written.wait_for(options_.health_timeout) == std::future_status::ready) return written.get();
  return std::unexpected(Unavailable("the store did not finish a write in time"));
}

void PostgresStore::Close() {
  const std::lock_guard lock(closing_);
  reads_.Close();
  for (std::thread& thread : std::exchange(readers_, {})) thread.join();
  writes_.Close();
  for (std::thread& thread : std::exchange(writers_, {})) thread.join();
  if (hears_) hears_->Stop();
}

base::Result<std::string> CheckPostgres(const PostgresTarget& target) {
  const auto opened = PostgresConnection::Open(target);
  if (!opened) return std::unexpected(opened.error());
  PostgresConnection& connection = **opened;
  connection.Restart();
  const auto found = connection
                         .Call(
                             "SELECT current_setting('server_version'),"
                             " current_setting('synchronous_commit'),"
                             " current_setting('synchronous_standby_names'),"
                             " to_regclass('schema_steps') IS NOT NULL")
                         .Fetch();
  if (!found) return std::unexpected(found.error());
  std::int64_t step = 0;
  if (found->Boolean(0, 3)) {
    const auto steps = connection.Call("SELECT max(version) FROM schema_steps").Fetch();
    if (!steps) return std::unexpected(steps.error());
    step = steps->Integer(0, 0);
  }
  const std::string standbys(found->Bytes(0, 2));
  return "PostgreSQL answers: version " + std::string(found->Bytes(0, 0)) +
         ", accepts writes, schema step " + std::to_string(step) + " of " +
         std::to_string(PostgresMigrations().back().version) + ", synchronous_commit " +
         std::string(found->Bytes(0, 1)) +
         (standbys.empty() ? ", waits for no standby" : ", waits for " + standbys);
}

}  // namespace obolus::storage
