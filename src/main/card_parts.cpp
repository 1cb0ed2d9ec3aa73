#include "main/card_parts.h"

#include "app/forget_codes.h"
#include "http/forward_routes.h"
#include "main/forward_config.h"

namespace obolus::main {

base::Result<std::unique_ptr<CardParts>> CardParts::Make(
    const Config& config, const vault::Keychain& keys, const vault::EmbeddedVault& vault,
    base::Scheduler& scheduler, const base::Clock& clock, base::Metrics& metrics) {
  auto forwarder = vault::CardForwarder::Make(ForwarderOptionsOf(config), vault, metrics);
  if (!forwarder) return std::unexpected(forwarder.error());
  std::unique_ptr<CardParts> parts(new CardParts(config, keys, scheduler, clock, metrics));
  parts->forwarder_ = std::move(*forwarder);
  return parts;
}

CardParts::CardParts(const Config& config, const vault::Keychain& keys, base::Scheduler& scheduler,
                     const base::Clock& clock, base::Metrics& metrics)
    : allowed_names_(config.forward.allowed_names),
      codes_(CodeOptionsOf(config), keys, scheduler, clock, metrics),
      limits_(ForwardLimitsOf(config)) {}

void CardParts::Serve(const app::Services& services, app::Vault* remote, base::Scheduler& scheduler,
                      base::Metrics& metrics) {
  forward_ = std::make_unique<app::ForwardServices>(services, *forwarder_, limits_);
  if (remote == nullptr) return;
  deletions_ = std::make_unique<app::DeleteCards>(services, *remote, scheduler, metrics,
                                                  base::Millis(1'000));
}

void CardParts::AddRoutes(http::Router& commerce) {
  http::AddForwardRoute(commerce, *forward_, allowed_names_);
}

void CardParts::Committed(const app::CommitNotice& notice) {
  if (forward_) app::ForgetCodes(forward_->services, notice);
}

void CardParts::Start() {
  if (deletions_) deletions_->Start();
}

void CardParts::Stop() {
  if (deletions_) deletions_->Stop();
}

void CardParts::StopCalls() {
  forwarder_->Close();
}

}  // namespace obolus::main
