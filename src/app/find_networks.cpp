#include "app/find_networks.h"

namespace obolus::app {

void Execute(const Services& services, FindNetworks command, base::Done<FoundNetworks> done) {
  if (const auto id = services.keys.Open(KeyPurpose::kPayment, command.key); !id) {
    return done(std::unexpected(id.error()));
  }
  ShowSession(services, command.key,
              [&services, iin = std::move(command.iin),
               done = std::move(done)](Result<SessionView> view) mutable {
                if (!view) return done(std::unexpected(std::move(view.error())));
                if (view->IsExpired()) {
                  return done(base::Fail(base::ErrorCode::kNotFound, "the session has expired"));
                }
                auto networks = services.settings.co_badges.NetworksOf(iin);
                const auto& allowed = view->session.allowed_networks;
                std::erase_if(networks, [&allowed](domain::CardNetwork network) {
                  return !domain::IsAllowed(network, allowed);
                });
                done(FoundNetworks{std::move(*view), std::move(networks)});
              });
}

}  // namespace obolus::app
