#include "main/keys_command.h"

#include <future>
#include <utility>

#include "app/manage_keys.h"
#include "app/rewrap_cards.h"
#include "cli/keys.h"
#include "cli/operator_client.h"
#include "http/key_routes.h"
#include "main/keys.h"
#include "main/keys_config.h"
#include "main/store_config.h"
#include "vault/embedded_vault.h"
#include "vault/keychain.h"

namespace obolus::main {
namespace {

namespace json = base::json;
using base::Result;
using Verb = KeysCommand::Verb;

constexpr std::size_t kBatch = 256;

template <class T, class F>
Result<T> Await(F start) {
  std::promise<Result<T>> promise;
  auto future = promise.get_future();
  start(base::Done<T>([&promise](Result<T> result) { promise.set_value(std::move(result)); }));
  return future.get();
}

Result<json::value> AskServer(const Config& config, const KeysCommand& command) {
  const cli::OperatorAddress address{config.operators.address, config.operators.port,
                                     cli::OperatorKeyIn(Environment())};
  switch (command.verb) {
    case Verb::kList:
      return cli::Ask(address, "GET", "/keys");
    case Verb::kRotate:
      return cli::Ask(address, "POST", "/keys/rotate?kind=" + command.kind);
    case Verb::kRetire:
      return cli::Ask(address, "POST", "/keys/" + command.id + "/retire");
    case Verb::kRewrap:
      break;
  }
  return cli::Ask(address, "POST", "/keys/rewrap");
}

// What a server has, for as long as one command takes.
struct Offline {
  base::RandomIdSource ids;
  base::SystemClock clock;
  std::unique_ptr<app::Store> store;
  std::unique_ptr<vault::Keychain> keychain;

  app::KeyServices Services() { return {*store, *keychain, clock}; }
};

Result<json::value> RewrapAll(Offline& offline) {
  const vault::EmbeddedVault vault(*offline.keychain, offline.ids, offline.clock);
  const auto old = Await<std::vector<app::CardCount>>(
      [&](auto done) { app::RewrapCards::CountOld(*offline.store, vault, std::move(done)); });
  if (!old) return std::unexpected(old.error());
  app::RewrapProgress progress;
  for (const app::CardCount& count : *old) {
    progress.waiting += count.cards;
    std::optional<base::Uuid> after = base::Uuid{};
    while (after) {
      const auto batch = Await<app::RewrapCards::Batch>([&](auto done) {
        app::RewrapCards::RunBatch(*offline.store, vault, {count.key_id, *after}, kBatch,
                                   std::move(done));
      });
      if (!batch) return std::unexpected(batch.error());
      progress.rewrapped += batch->rewrapped;
      progress.failed += batch->failed;
      after = batch->last;
    }
  }
  progress.waiting -= progress.rewrapped;
  return json::value(http::RenderProgress(progress));
}

Result<json::value> DoOffline(Offline& offline, const KeysCommand& command) {
  switch (command.verb) {
    case Verb::kList: {
      const auto keys = Await<std::vector<app::KeyNeeds>>(
          [&](auto done) { app::ListKeys(offline.Services(), std::move(done)); });
      if (!keys) return std::unexpected(keys.error());
      return json::value(http::RenderKeys(*keys, {}));
    }
    case Verb::kRotate: {
      const auto ids = offline.keychain->Rotate(http::ParseKeyKinds(command.kind).value());
      if (!ids) return std::unexpected(ids.error());
      return json::value(http::RenderRotated(*ids, offline.keychain->List()));
    }
    case Verb::kRetire: {
      const auto key = Await<app::KeyNeeds>(
          [&](auto done) { app::RetireKey(offline.Services(), command.id, std::move(done)); });
      if (!key) return std::unexpected(key.error());
      return json::value(http::RenderKey(*key));
    }
    case Verb::kRewrap:
      break;
  }
  return RewrapAll(offline);
}

Result<json::value> OpenAndDo(const Config& config, const KeysCommand& command) {
  if (auto made = MakeDataDir(config.data_dir); !made) return std::unexpected(made.error());
  Offline offline;
  auto store = OpenStore(config, offline.ids);
  if (!store) return std::unexpected(store.error());
  offline.store = std::move(*store);
  auto opened = OpenKeys(KeyPlaceOf(config), *offline.store, offline.clock);
  if (!opened) return std::unexpected(opened.error());
  offline.keychain = std::make_unique<vault::Keychain>(
      std::move(opened->ring), std::move(opened->storage), opened->spread, offline.clock);
  auto answer = DoOffline(offline, command);
  offline.store->Close();
  return answer;
}

std::string Describe(const KeysCommand& command, const json::value& answer) {
  if (command.json) return base::ToText(answer) + "\n";
  switch (command.verb) {
    case Verb::kList:
      return cli::DescribeKeys(answer);
    case Verb::kRotate:
      return cli::DescribeRotated(answer);
    case Verb::kRetire:
      return cli::DescribeRetired(answer);
    case Verb::kRewrap:
      break;
  }
  return cli::DescribeRewrap(answer);
}

}  // namespace

Result<std::string> RunKeysCommand(const Config& config, const KeysCommand& command) {
  if (command.verb == Verb::kRotate && !http::ParseKeyKinds(command.kind)) {
    return base::Invalid("--kind", "must be key_encryption, session, envelope or all");
  }
  if (command.verb == Verb::kRetire && !cli::IsKeyId(command.id)) {
    return base::Invalid("ID", "must be a key's id, as `obolus keys list` prints it");
  }
  auto answer = AskServer(config, command);
  if (!answer && answer.error().code == base::ErrorCode::kUnavailable) {
    answer = OpenAndDo(config, command);
  }
  if (!answer) return std::unexpected(std::move(answer.error()));
  return Describe(command, *answer);
}

}  // namespace obolus::main
