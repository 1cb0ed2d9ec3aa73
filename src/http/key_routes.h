// The keys of an installation on the operator listener: which there are and what needs them, new
// ones, the end of old ones, and the re-wrap of sealed cards. `obolus keys` comes here when the
// server runs; without one it shows the same JSON (main/keys_command). Shapes: api/operator.yaml.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "app/manage_keys.h"
#include "app/ports/audit_log.h"
#include "app/rewrap_cards.h"
#include "base/json.h"
#include "http/router.h"

namespace obolus::http {

struct KeyContext {
  app::KeyServices services;
  app::RewrapCards& rewrap;
  app::AuditLog* audit;  // may be null
};

// What `context` refers to outlives the router.
void AddKeyRoutes(Router& router, KeyContext context);

base::json::object RenderKey(const app::KeyNeeds& needs);
base::json::object RenderKeys(const std::vector<app::KeyNeeds>& keys,
                              const app::RewrapProgress& progress);
base::json::object RenderRotated(const std::vector<std::string>& ids,
                                 const std::vector<app::KeyInfo>& keys);
base::json::object RenderProgress(const app::RewrapProgress& progress);

// "all", or the name of one kind; nothing for anything else.
std::optional<std::vector<app::KeyKind>> ParseKeyKinds(std::string_view text);

}  // namespace obolus::http
