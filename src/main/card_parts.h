// What a stored card has around it in a running Obolus: its security code's memory, the forward
// call with its destinations, and its deletion from a remote vault. Made by main/wiring, which
// hands it commits and gives it its turn at the start and at the end.
#pragma once

#include <memory>

#include "app/delete_cards.h"
#include "app/forward_card.h"
#include "http/router.h"
#include "main/config.h"
#include "vault/card_forwarder.h"
#include "vault/transient_codes.h"

namespace obolus::main {

class CardParts {
 public:
  // kInvalid: a TLS file of a destination. All outlive it; `scheduler` has stopped before it goes.
  static base::Result<std::unique_ptr<CardParts>> Make(
      const Config& config, const vault::Keychain& keys, const vault::EmbeddedVault& vault,
      base::Scheduler& scheduler, const base::Clock& clock, base::Metrics& metrics);

  app::SecurityCodes* codes() { return &codes_; }

  // Once the services are made, and they have `codes()`. `remote`: nullptr where none is
  // configured.
  void Serve(const app::Services& services, app::Vault* remote, base::Scheduler& scheduler,
             base::Metrics& metrics);
  void AddRoutes(http::Router& commerce);
  void Committed(const app::CommitNotice& notice);

  void Start();
  void Stop();       // no new round of deletions
  void StopCalls();  // calls under way end; before the store closes
  void WipeCodes() { codes_.DropAll(); }

 private:
  CardParts(const Config& config, const vault::Keychain& keys, base::Scheduler& scheduler,
            const base::Clock& clock, base::Metrics& metrics);

  const std::vector<std::string> allowed_names_;
  vault::TransientCodes codes_;
  app::ForwardLimits limits_;
  std::unique_ptr<vault::CardForwarder> forwarder_;
  std::unique_ptr<app::ForwardServices> forward_;
  std::unique_ptr<app::DeleteCards> deletions_;
};

}  // namespace obolus::main
