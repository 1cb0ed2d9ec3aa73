#include "main/audit_anchor.h"

#include <future>
#include <optional>
#include <utility>

#include "base/log.h"

namespace obolus::main {
namespace {

using base::Result;
using domain::AuditKind;

template <class T>
Result<T> Wait(const std::function<void(base::Done<T>)>& start) {
  std::promise<Result<T>> promise;
  auto answered = promise.get_future();
  start([&promise](Result<T> result) { promise.set_value(std::move(result)); });
  return answered.get();
}

struct Latest {
  std::int64_t number = 0;  // 0: there is none
  std::string text;
};

// Anchors are numbered without gaps, so the last is found in the steps of a binary search.
Result<Latest> FindLatest(app::Transaction& tx, const std::string& prefix) {
  Latest latest;
  const auto exists = [&](std::int64_t number) -> Result<bool> {
    auto fact = tx.FindFact(prefix + std::to_string(number));
    if (!fact) return std::unexpected(fact.error());
    if (*fact) latest = {number, **fact};
    return fact->has_value();
  };
  std::int64_t step = 1;
  for (; step < std::int64_t{1} << 40; step *= 2) {
    const auto found = exists(step);
    if (!found) return std::unexpected(found.error());
    if (!*found) break;
  }
  for (step /= 2; step > 0; step /= 2) {
    const auto found = exists(latest.number + step);
    if (!found) return std::unexpected(found.error());
  }
  return latest;
}

}  // namespace

AuditAnchor::AuditAnchor(app::Store& store, storage::FileAuditLog& log, base::Scheduler& scheduler,
                         const std::string& instance)
    : store_(store),
      log_(log),
      scheduler_(scheduler),
      prefix_("audit_head/" + instance + "/" + log.key_id() + "/") {}

std::string AuditAnchor::NameOf(std::int64_t number) const {
  return prefix_ + std::to_string(number);
}

base::Status AuditAnchor::Compare() {
  const auto latest = Wait<Latest>([this](base::Done<Latest> done) {
    app::Read<Latest>(
        store_, [prefix = prefix_](app::Transaction& tx) { return FindLatest(tx, prefix); },
        std::move(done));
  });
  if (!latest) return std::unexpected(latest.error());
  next_ = latest->number + 1;
  const auto known = base::ParseChainHead(latest->text);
  const base::ChainHead& found = log_.found();
  if (!known || known->sequence < found.sequence || *known == found) return {};
  const std::string what = "the store knows line " + std::to_string(known->sequence) +
                           " of the audit log, which ended at line " +
                           std::to_string(found.sequence);
  base::Log(base::LogLevel::kError, "audit_log_tampered", {{base::Field::kErrorText, what}});
  log_.Record({.kind = AuditKind::kTamperSuspected,
               .success = false,
               .actor = "obolus",
               .object = "audit_log",
               .details = {{"what", what}}});
  return {};
}

void AuditAnchor::Write(Done done) {
  const base::ChainHead head = log_.head();
  if (head.sequence == written_) return done({});
  const std::string text = base::ToText(head);
  app::Transact<std::string>(
      store_,
      [name = NameOf(next_), text](app::Transaction& tx) { return tx.ShareFact(name, text); },
      [this, sequence = head.sequence, text,
       done = std::move(done)](const Result<std::string>& kept) {
        if (!kept) return done(std::unexpected(kept.error()));
        ++next_;  // also where another was there: that is passed over
        if (*kept == text) written_ = sequence;
        done({});
      });
}

void AuditAnchor::Start() {
  Round();
}

void AuditAnchor::Round() {
  if (stopped_) return;
  Write([this](const base::Status& written) {
    if (!written) {
      base::Log(base::LogLevel::kWarn, "audit_anchor_failed",
                {{base::Field::kErrorText, written.error().message}});
    }
    scheduler_.After(kInterval, [this] { Round(); });
  });
}

void AuditAnchor::Stop() {
  if (stopped_.exchange(true)) return;
  std::promise<void> written;
  Write([&written](const base::Status&) { written.set_value(); });
  written.get_future().wait();
}

base::Status NoteSchema(app::Store& store, app::AuditLog& audit, std::int64_t version,
                        const std::string& mark) {
  if (version == 0) return {};
  const std::string name = "schema/" + std::to_string(version);
  const auto first = Wait<std::string>([&](base::Done<std::string> done) {
    app::Transact<std::string>(
        store, [name, mark](app::Transaction& tx) { return tx.ShareFact(name, mark); },
        std::move(done));
  });
  if (!first) return std::unexpected(first.error());
  if (*first != mark) return {};
  audit.Record({.kind = AuditKind::kStoreMigrated,
                .actor = "obolus",
                .object = "store",
                .details = {{"schema_version", std::to_string(version)}}});
  return {};
}

}  // namespace obolus::main
