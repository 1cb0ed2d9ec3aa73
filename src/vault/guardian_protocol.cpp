#include "vault/guardian_protocol.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/json.h"
#include "vault/secret_json.h"

namespace obolus::vault {
namespace {

namespace json = base::json;
using Kind = TokenReply::Kind;

constexpr std::size_t kMaxIdBytes = 128;
constexpr std::size_t kFirst = 6;
constexpr std::size_t kLast = 4;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsIdCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
         c == '~' || c == '-';
}

// The member as text; none when it is absent or no string.
std::optional<std::string_view> TextOf(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

// "411111******1111": of a number masked otherwise the last four digits must do.
bool Matches(std::string_view masked, const CardMark& mark) {
  if (masked.size() < kFirst + kLast || !masked.ends_with(mark.last_four)) return false;
  const std::string_view first = masked.substr(0, kFirst);
  return !std::ranges::all_of(first, IsDigit) || first == mark.first_six;
}

TokenReply NoGuardian(int status, std::string detail) {
  return {.kind = Kind::kNoGuardian, .status = status, .detail = std::move(detail)};
}

TokenReply ReadStored(int status, std::string_view body, const CardMark& mark) {
  SecretArena arena;
  const auto root = ParseSecretJson(body, arena);
  if (!root || !root->is_object()) return NoGuardian(status, "its answer is no JSON object");
  const json::object& object = root->get_object();
  const auto id = TextOf(object, "id");
  if (!id || !IsTokenId(*id)) return NoGuardian(status, "its answer has no usable id");
  const json::value* card = object.if_contains("card");
  const auto masked = card != nullptr && card->is_object()
                          ? TextOf(card->get_object(), "masked_account_number")
                          : std::nullopt;
  if (!masked) return NoGuardian(status, "its answer has no masked_account_number");
  if (!Matches(*masked, mark)) return NoGuardian(status, "its answer is about another card");
  TokenReply reply{.kind = Kind::kStored, .id = std::string(*id), .status = status};
  const json::value* expires_at = object.if_contains("expires_at");
  if (expires_at == nullptr || expires_at->is_null()) return reply;
  const auto text = TextOf(object, "expires_at");
  const auto time = text ? base::ParseTime(*text) : base::Fail(base::ErrorCode::kMalformed, "");
  if (!time) return NoGuardian(status, "its answer has an expires_at that is no time");
  reply.expires_at = *time;
  return reply;
}

Kind KindOf(int status) {
  switch (status) {
    case 400:
    case 402:
    case 422:
      return Kind::kRefused;
    case 401:
    case 403:
      return Kind::kDenied;
    case 409:
    case 425:
    case 429:
      return Kind::kBusy;
    case 408:
      return Kind::kFailed;
    default:
      return status >= 500 ? Kind::kFailed : Kind::kNoGuardian;
  }
}

}  // namespace

base::SecretBytes TokenRequest(const domain::Card& card, const base::Uuid& session_id) {
  SecretArena arena;
  json::value root(json::object_kind, arena.storage());
  json::object& object = root.get_object();
  json::object& source = object["source"].emplace_object();
  source["type"] = "pan";
  source["account_number"] = card.account_number.text();
  source["expiry_year"] = card.expiry_year;
  source["expiry_month"] = card.expiry_month;
  if (!card.cardholder_name.empty()) source["cardholder_name"] = card.cardholder_name.text();
  if (!card.security_code.empty()) source["security_code"] = card.security_code.text();
  object["metadata"].emplace_object()["session_id"] = base::ToString(session_id);
  return ToSecretText(root);
}

CardMark MarkOf(const domain::Card& card) {
  const domain::MaskedCard masked = domain::Mask(card);
  return {masked.first_six, masked.last_four};
}

TokenReply ReadTokenReply(base::Result<net::HttpResponse> response, const CardMark& mark) {
  if (!response) {
    if (response.error().code == base::ErrorCode::kTooLarge) {
      return NoGuardian(0, "its answer is too large");
    }
    return {.kind = Kind::kFailed,
            .timed_out = response.error().code == base::ErrorCode::kTimeout,
            .detail = std::move(response.error().message)};
  }
  TokenReply reply;
  if (response->status >= 200 && response->status < 300) {
    reply = ReadStored(response->status, response->body, mark);
  } else {
    reply = {.kind = KindOf(response->status),
             .retry_after = net::RetryAfter(*response),
             .status = response->status,
             .detail = "it answered " + std::to_string(response->status)};
  }
  base::WipeMemory(response->body.data(), response->body.size());
  return reply;
}

base::Status ReadDeletionReply(const base::Result<net::HttpResponse>& response) {
  if (!response) return std::unexpected(response.error());
  const int status = response->status;
  if ((status >= 200 && status < 300) || status == 404 || status == 410) return {};
  base::Error error{base::ErrorCode::kUnavailable,
                    "the vault answered " + std::to_string(status),
                    {},
                    std::nullopt};
  if (KindOf(status) == Kind::kDenied) error.code = base::ErrorCode::kUnauthorized;
  if (const auto wait = net::RetryAfter(*response)) {
    error.retry_after = std::chrono::duration_cast<std::chrono::seconds>(*wait);
  }
  return std::unexpected(std::move(error));
}

bool IsTokenId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdBytes && text != "." && text != ".." &&
         std::ranges::all_of(text, IsIdCharacter);
}

}  // namespace obolus::vault
