#include "http/audit_routes.h"

#include <memory>

#include "base/json.h"
#include "base/url.h"

namespace obolus::http {
namespace {

using domain::AuditKind;

// The value of one query parameter, decoded; "" when it is absent or cannot be decoded.
std::string QueryValue(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return base::PercentDecode(pair.substr(equals + 1)).value_or("");
    }
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
  return "";
}

void ShowHead(const AuditContext& context, Exchange exchange) {
  const base::ChainHead head = context.head();
  exchange.Answer(JsonResponse(200, base::ToText({{"head", base::ToText(head)}})));
}

void TakeRecord(const AuditContext& context, Exchange exchange) {
  const std::string_view query = exchange.request.query;
  const std::string kind = QueryValue(query, "kind");
  const bool is_backup = kind == domain::ToString(AuditKind::kBackupMade);
  if (!is_backup && kind != domain::ToString(AuditKind::kAuditRead)) {
    return exchange.Refuse(base::Invalid("", "kind must be audit_read or backup_made").error());
  }
  domain::AuditRecord record =
      OperatorRecord(exchange, is_backup ? AuditKind::kBackupMade : AuditKind::kAuditRead,
                     is_backup ? "store" : "audit_log");
  record.details = {{"by", QueryValue(query, "by")}, {"what", QueryValue(query, "detail")}};
  context.audit.RecordDurably(
      std::move(record), [&context, exchange = std::move(exchange)](base::Status kept) mutable {
        if (!kept) return exchange.Refuse(kept.error());
        ShowHead(context, std::move(exchange));
      });
}

std::string ClaimedActor(const net::HttpRequest& request) {
  if (const std::string* key = request.headers.Find("x-api-key")) {
    const base::Sha256Digest digest = base::Sha256(base::AsBytes(*key));
    return "key:" + base::EncodeHex(base::ByteView(digest).first(8));
  }
  if (request.peer.certificate) return "cn:" + request.peer.certificate->subject_common_name;
  return "unknown";
}

}  // namespace

void AddAuditRoutes(Router& router, AuditContext context) {
  const auto shared = std::make_shared<const AuditContext>(std::move(context));
  router.Add({.method = "GET", .pattern = "/audit", .handler = [shared](Exchange exchange) {
                ShowHead(*shared, std::move(exchange));
              }});
  router.Add(
      {.method = "POST", .pattern = "/audit/records", .handler = [shared](Exchange exchange) {
         TakeRecord(*shared, std::move(exchange));
       }});
}

// The path is left out: nobody knows what a stranger writes there.
Guard Audited(Guard guard, AuditKind kind, std::string listener, app::AuditLog& audit) {
  return [guard = std::move(guard), kind, listener = std::move(listener),
          &audit](Exchange& exchange) {
    if (guard(exchange)) return true;
    audit.Record(
        {.kind = kind,
         .success = false,
         .actor = ClaimedActor(exchange.request),
         .origin = exchange.request.peer.address,
         .object = "listener:" + listener,
         .details = {{"method", exchange.request.method}, {"request_id", exchange.request_id}}});
    return false;
  };
}

domain::AuditRecord OperatorRecord(const Exchange& exchange, AuditKind kind, std::string object) {
  return {.kind = kind,
          .actor = "operator",
          .origin = exchange.request.peer.address,
          .object = std::move(object),
          .details = {{"request_id", exchange.request_id}}};
}

}  // namespace obolus::http
