#include "http/session_request.h"

#include <algorithm>

#include "base/encoding.h"

namespace obolus::http {
namespace {

namespace json = base::json;
using base::JsonReader;
using domain::SessionKind;

constexpr std::int64_t kMaxAmountMinor = 999'999'999'999'999;
constexpr std::size_t kMaxChallengeBytes = 16 * 1024;

struct Parse {
  const SessionRequestRules& rules;
  std::vector<base::FieldError> faults;
};

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool IsAlnum(char c) {
  return IsLetter(c) || (c >= '0' && c <= '9');
}

// RFC 5646 §2.1, as far as form goes.
bool IsLanguageTag(std::string_view text) {
  std::size_t subtags = 0;
  for (std::size_t at = 0; at <= text.size(); ++subtags) {
    const std::size_t end = std::min(text.find('-', at), text.size());
    const std::string_view subtag = text.substr(at, end - at);
    if (subtag.empty() || subtag.size() > 8 || !std::ranges::all_of(subtag, IsAlnum)) return false;
    if (subtags == 0 && (subtag.size() < 2 || !std::ranges::all_of(subtag, IsLetter))) return false;
    at = end + 1;
  }
  return text.size() <= 35;
}

std::optional<base::Uuid> ReadId(JsonReader& reader, std::string_view member) {
  const auto text = reader.String(member);
  if (!text) return std::nullopt;
  const auto id = base::ParseUuid(*text);
  if (!id) reader.Fault(member, "must be a UUID");
  return id ? std::optional(*id) : std::nullopt;
}

std::optional<std::string> ReadUrl(Parse& parse, JsonReader& reader, std::string_view member) {
  auto text = reader.String(member, 2048);
  if (!text) return std::nullopt;
  const auto url = base::ParseUrl(*text, parse.rules.http_policy);
  if (!url) {
    reader.Fault(member, url.error().message);
    return std::nullopt;
  }
  return text;
}

domain::Continuation ReadContinuation(Parse& parse, JsonReader& root) {
  const json::object* object = root.Object("continuation");
  if (object == nullptr) return {};
  JsonReader reader(*object, root.Pointer("continuation"), &parse.faults);
  return {.success = ReadUrl(parse, reader, "success"), .error = ReadUrl(parse, reader, "error")};
}

domain::PaymentDetails ReadPayment(Parse& parse, JsonReader& root) {
  const json::object* object = root.Object("payment");
  if (object == nullptr) return {};
  JsonReader reader(*object, root.Pointer("payment"), &parse.faults);
  domain::PaymentDetails payment{
      .id = reader.String("id"),
      .amount_minor = reader.Integer("amount", 0, kMaxAmountMinor),
      .currency_code = reader.String("currency_code"),
      .order_id = reader.String("order_id"),
      .customer_id = reader.String("customer_id"),
      .vault_payment_method = reader.Boolean("vault_payment_method"),
  };
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto& code = payment.currency_code;
  if (code && (code->size() != 3 || !std::ranges::all_of(*code, upper))) {
    reader.Fault("currency_code", "must be three capital letters (ISO 4217)");
  }
  return payment;
}

domain::Merchant ReadMerchant(Parse& parse, JsonReader& root) {
  const json::object* object = root.Object("merchant");
  if (object == nullptr) return {};
  JsonReader reader(*object, root.Pointer("merchant"), &parse.faults);
  domain::Merchant merchant{.name = reader.String("name"), .origins = {}};
  const json::array* origins = reader.Array("origins", 16);
  for (std::size_t i = 0; origins != nullptr && i < origins->size(); ++i) {
    const json::value& item = (*origins)[i];
    const auto url = base::ParseUrl(item.is_string() ? std::string_view(item.get_string()) : "",
                                    parse.rules.http_policy);
    if (!url || url->Origin() != item.get_string()) {
      reader.Fault("origins/" + std::to_string(i),
                   "must be an origin such as https://shop.example, without a path");
      continue;
    }
    merchant.origins.push_back(url->Origin());
  }
  return merchant;
}

std::vector<domain::CardNetwork> ReadNetworks(JsonReader& root) {
  std::vector<domain::CardNetwork> networks;
  const json::array* items = root.Array("allowed_networks", domain::kCardNetworkCount);
  if (items == nullptr) return networks;
  if (items->empty()) root.Fault("allowed_networks", "must not be empty");
  for (std::size_t i = 0; i < items->size(); ++i) {
    const json::value& item = (*items)[i];
    const auto network =
        domain::ParseEventNetwork(item.is_string() ? std::string_view(item.get_string()) : "");
    if (network) {
      networks.push_back(*network);
    } else {
      root.Fault("allowed_networks/" + std::to_string(i), "is not a network that is supported");
    }
  }
  return networks;
}

domain::RetryTerms ReadRetries(Parse& parse, JsonReader& root) {
  const json::object* object = root.Object("retries");
  if (object == nullptr) return {};
  JsonReader reader(*object, root.Pointer("retries"), &parse.faults);
  domain::RetryTerms terms;
  if (const auto most = reader.Integer("max_attempts", 0, domain::kMostAttempts)) {
    terms.max_attempts = static_cast<int>(*most);
  }
  const json::array* items = reader.Array("cool_down_s", domain::kMostCoolDowns);
  if (items == nullptr) return terms;
  terms.cool_downs.emplace();
  for (std::size_t i = 0; i < items->size(); ++i) {
    const json::value& item = (*items)[i];
    const std::int64_t cool_down_s = item.is_int64() ? item.get_int64() : -1;
    if (cool_down_s < 0 || cool_down_s > domain::kLongestCoolDown.count()) {
      reader.Fault("cool_down_s/" + std::to_string(i), "must be a whole number from 0 to 3600");
    } else {
      terms.cool_downs->emplace_back(cool_down_s);
    }
  }
  return terms;
}

// EMV 3DS 2.3.1 §5.8. What is in it is between the processor and the issuer: an issuer refuses what
// it does not like, and tests use what they like.
bool IsCreq(std::string_view text) {
  return base::DecodeBase64Url(text).has_value();
}

// One of the three shapes; which one it means to be is told by its members.
std::optional<domain::Challenge> ReadChallenge(Parse& parse, JsonReader& reader) {
  if (reader.Find("url") != nullptr) {
    const auto url = ReadUrl(parse, reader, "url");
    return url ? std::optional(domain::HostedChallenge{*url}) : std::nullopt;
  }
  const auto acs_url = ReadUrl(parse, reader, "acs_url");
  if (reader.Find("acs_url") == nullptr) reader.Fault("acs_url", "is needed");
  if (reader.Find("pa_req") != nullptr || reader.Find("md") != nullptr) {
    const auto pa_req = reader.String("pa_req", kMaxChallengeBytes);
    const auto md = reader.String("md", 1024);
    if (reader.Find("pa_req") == nullptr) reader.Fault("pa_req", "is needed beside md");
    if (reader.Find("md") == nullptr) reader.Fault("md", "is needed beside pa_req");
    if (!acs_url || !pa_req || !md) return std::nullopt;
    return domain::PaReqChallenge{*acs_url, *pa_req, *md};
  }
  const auto creq = reader.String("creq", kMaxChallengeBytes);
  if (reader.Find("creq") == nullptr) reader.Fault("creq", "is needed, or pa_req and md");
  if (creq && !IsCreq(*creq)) {
    reader.Fault("creq", "must be base64url without padding");
  }
  auto session_data = reader.String("three_ds_session_data", 1024);
  if (!acs_url || !creq) return std::nullopt;
  return domain::EmvChallenge{*acs_url, *creq, std::move(session_data)};
}

// In `challenge`, in the published `3ds_challenge`, or flat.
std::optional<domain::Challenge> FindChallenge(Parse& parse, const json::object& body,
                                               JsonReader& root) {
  for (const char* member : {"challenge", "3ds_challenge"}) {
    if (root.Find(member) == nullptr) continue;
    const json::object* object = root.Object(member);
    if (object == nullptr) return std::nullopt;
    JsonReader reader(*object, root.Pointer(member), &parse.faults);
    return ReadChallenge(parse, reader);
  }
  if (root.Find("acs_url") == nullptr && root.Find("url") == nullptr) return std::nullopt;
  JsonReader flat(body, "", &parse.faults);
  return ReadChallenge(parse, flat);
}

SessionKind KindOf(JsonReader& root) {
  const auto type = root.String("type");
  if (type == "payment") return SessionKind::kPayment;
  if (type == "3ds") return SessionKind::kTds;
  if (type) root.Fault("type", "must be payment or 3ds");
  for (const char* member : {"tds_terminal_id", "challenge", "acs_url", "3ds_challenge"}) {
    if (root.Find(member) != nullptr) return SessionKind::kTds;
  }
  return SessionKind::kPayment;
}

// The body as an object, with configured members copied to where we look for them.
base::Result<json::object> ReadBody(std::string_view text, const SessionRequestRules& rules,
                                    base::JsonMemory& memory) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return json::object();
  auto value = base::ParseJson(text, {}, memory.get());
  if (!value) return std::unexpected(value.error());
  if (!value->is_object()) return base::Invalid("", "must be a JSON object");
  if (rules.members.empty()) return std::move(value->get_object());
  json::object body(value->get_object(), memory.get());
  for (const auto& [member, pointer] : rules.members) {
    if (const json::value* elsewhere = base::FindPointer(*value, pointer)) {
      body[member] = *elsewhere;
    }
  }
  return body;
}

void ReadPaymentMembers(Parse& parse, JsonReader& root, app::OpenSession& command) {
  command.payment = ReadPayment(parse, root);
  command.merchant = ReadMerchant(parse, root);
  command.allowed_networks = ReadNetworks(root);
  command.retries = ReadRetries(parse, root);
  command.locale = root.String("locale");
  if (command.locale && !IsLanguageTag(*command.locale)) {
    root.Fault("locale", "must be a language tag (BCP 47)");
  }
}

// Faults name the member as Commerce spelled it.
base::Status Finish(Parse& parse) {
  if (parse.faults.empty()) return {};
  for (auto& fault : parse.faults) {
    for (const auto& [member, pointer] : parse.rules.members) {
      if (fault.pointer == "/" + member) fault.pointer = pointer;
    }
  }
  return base::InvalidMembers(std::move(parse.faults));
}

}  // namespace

base::Result<app::OpenSession> ParseOpenSession(std::string_view body,
                                                std::optional<SessionKind> kind,
                                                const SessionRequestRules& rules) {
  base::JsonMemory memory;
  const auto object = ReadBody(body, rules, memory);
  if (!object) return std::unexpected(object.error());
  Parse parse{rules, {}};
  JsonReader root(*object, "", &parse.faults);
  base::Result<app::OpenSession> result;
  app::OpenSession& command = *result;
  command.kind = kind ? *kind : KindOf(root);
  const bool tds = command.kind == SessionKind::kTds;
  const auto terminal_id = ReadId(root, "terminal_id");
  command.terminal_id = tds ? ReadId(root, "tds_terminal_id") : terminal_id;
  if (tds) command.payment_terminal_id = terminal_id;
  command.continuation = ReadContinuation(parse, root);
  const auto expires_in = root.Integer("expires_in", 60, tds ? 5940 : 86'400);
  if (expires_in) command.expires_in = std::chrono::seconds(*expires_in);
  if (tds) {
    command.challenge = FindChallenge(parse, *object, root);
  } else {
    ReadPaymentMembers(parse, root, command);
  }
  if (auto finished = Finish(parse); !finished) {
    result = std::unexpected(std::move(finished.error()));
  }
  return result;
}

base::Result<domain::Challenge> ParseChallenge(std::string_view body,
                                               const SessionRequestRules& rules) {
  base::JsonMemory memory;
  const auto object = ReadBody(body, rules, memory);
  if (!object) return std::unexpected(object.error());
  Parse parse{rules, {}};
  JsonReader root(*object, "", &parse.faults);
  auto challenge = FindChallenge(parse, *object, root);
  if (!challenge && parse.faults.empty()) {
    challenge = ReadChallenge(parse, root);
  }
  if (!parse.faults.empty()) return base::InvalidMembers(std::move(parse.faults));
  return *challenge;
}

}  // namespace obolus::http
