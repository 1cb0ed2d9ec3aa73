#include "http/key_routes.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace obolus::http {
namespace {

namespace json = base::json;
using base::ErrorCode;
using domain::AuditKind;

json::value TimeOrNull(const std::optional<base::Timestamp>& time) {
  return time ? json::value(base::FormatTime(*time)) : json::value(nullptr);
}

void Record(const KeyContext& context, AuditKind kind, const std::string& object,
            const base::Error* error) {
  if (context.audit == nullptr) return;
  domain::AuditRecord record{.kind = kind, .success = error == nullptr, .actor = "operator"};
  record.object = object;
  if (error != nullptr) record.details.emplace_back("error", error->message);
  context.audit->Record(std::move(record));
}

void List(const KeyContext& context, Exchange exchange) {
  app::ListKeys(context.services, [&context, exchange = std::move(exchange)](
                                      base::Result<std::vector<app::KeyNeeds>> keys) mutable {
    if (!keys) return exchange.Refuse(keys.error());
    exchange.Answer(JsonResponse(200, base::ToText(RenderKeys(*keys, context.rewrap.Progress()))));
  });
}

void Rotate(const KeyContext& context, Exchange exchange) {
  std::string_view kind = exchange.request.query;
  if (kind.empty()) kind = "kind=all";
  constexpr std::string_view kName = "kind=";
  const auto kinds =
      kind.starts_with(kName) ? ParseKeyKinds(kind.substr(kName.size())) : std::nullopt;
  if (!kinds) {
    return exchange.Refuse(
        base::Invalid("", "kind must be key_encryption, session, envelope or all").error());
  }
  const auto ids = context.services.keychain.Rotate(*kinds);
  if (!ids) {
    Record(context, AuditKind::kKeyRotated, "keys", &ids.error());
    return exchange.Refuse(ids.error());
  }
  for (const std::string& id : *ids) {
    Record(context, AuditKind::kKeyRotated, "key:" + id, nullptr);
  }
  exchange.Answer(
      JsonResponse(200, base::ToText(RenderRotated(*ids, context.services.keychain.List()))));
}

void Retire(const KeyContext& context, Exchange exchange) {
  const std::string id = exchange.Parameter("id");
  app::RetireKey(
      context.services, id,
      [&context, id, exchange = std::move(exchange)](base::Result<app::KeyNeeds> key) mutable {
        Record(context, AuditKind::kKeyRetired, "key:" + id.substr(0, domain::kLongestDetail / 2),
               key ? nullptr : &key.error());
        if (!key) return exchange.Refuse(key.error());
        key->key.state = app::KeyState::kRetired;
        key->key.retired_at = context.services.clock.Now();
        exchange.Answer(JsonResponse(200, base::ToText(RenderKey(*key))));
      });
}

void Rewrap(const KeyContext& context, Exchange exchange) {
  Record(context, AuditKind::kCardRewrapped, "cards", nullptr);
  context.rewrap.Wake();
  exchange.Answer(JsonResponse(202, base::ToText(RenderProgress(context.rewrap.Progress()))));
}

}  // namespace

std::optional<std::vector<app::KeyKind>> ParseKeyKinds(std::string_view text) {
  using app::KeyKind;
  if (text == "all") {
    return std::vector{KeyKind::kKeyEncryption, KeyKind::kSession, KeyKind::kEnvelope};
  }
  const auto kind = app::ParseKeyKind(text);
  if (!kind) return std::nullopt;
  return std::vector{*kind};
}

json::object RenderKey(const app::KeyNeeds& needs) {
  const app::KeyInfo& key = needs.key;
  return {{"kind", app::ToString(key.kind)},
          {"id", key.id},
          {"algorithm", key.algorithm},
          {"state", app::ToString(key.state)},
          {"created_at", base::FormatTime(key.created_at)},
          {"active_at", base::FormatTime(key.active_at)},
          {"replaced_at", TimeOrNull(key.replaced_at)},
          {"retired_at", TimeOrNull(key.retired_at)},
          {"needed_by", needs.needed_by}};
}

json::object RenderProgress(const app::RewrapProgress& progress) {
  return {{"running", progress.running},
          {"waiting", progress.waiting},
          {"rewrapped", progress.rewrapped},
          {"not_opened", progress.failed}};
}

json::object RenderKeys(const std::vector<app::KeyNeeds>& keys,
                        const app::RewrapProgress& progress) {
  json::array list;
  for (const app::KeyNeeds& needs : keys) list.push_back(RenderKey(needs));
  return {{"keys", std::move(list)}, {"rewrap", RenderProgress(progress)}};
}

json::object RenderRotated(const std::vector<std::string>& ids,
                           const std::vector<app::KeyInfo>& keys) {
  json::array list;
  for (const std::string& id : ids) {
    const auto found = std::ranges::find(keys, id, &app::KeyInfo::id);
    if (found != keys.end()) list.push_back(RenderKey({*found, 0}));
  }
  return {{"keys", std::move(list)}};
}

void AddKeyRoutes(Router& router, KeyContext context) {
  const auto shared = std::make_shared<const KeyContext>(context);
  using Action = void (*)(const KeyContext&, Exchange);
  const auto add = [&](const char* method, const char* pattern, Action action) {
    router.Add(
        {.method = method, .pattern = pattern, .handler = [shared, action](Exchange exchange) {
           action(*shared, std::move(exchange));
         }});
  };
  add("GET", "/keys", List);
  add("POST", "/keys/rotate", Rotate);
  add("POST", "/keys/rewrap", Rewrap);
  add("POST", "/keys/{id}/retire", Retire);
}

}  // namespace obolus::http
