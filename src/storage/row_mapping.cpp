#include "storage/row_mapping.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/json.h"

namespace obolus::storage {
namespace {

using base::json::value;

// Reads one object; a member of a wrong type marks the whole document as damaged.
class ObjectReader {
 public:
  ObjectReader(const base::json::object& object, bool* damaged)
      : object_(object), damaged_(damaged) {}

  const value* Find(std::string_view name) const {
    const value* found = object_.if_contains(name);
    return found == nullptr || found->is_null() ? nullptr : found;
  }
  void Read(std::string_view name, std::string* out) const {
    if (const value* found = Find(name)) *out = Text(*found);
  }
  void Read(std::string_view name, std::int64_t* out) const {
    const value* found = Find(name);
    if (found == nullptr) return;
    if (found->is_int64()) {
      *out = found->get_int64();
    } else {
      *damaged_ = true;
    }
  }
  void Read(std::string_view name, int* out) const {
    std::int64_t wide = *out;
    Read(name, &wide);
    *out = static_cast<int>(wide);
  }
  void Read(std::string_view name, bool* out) const {
    const value* found = Find(name);
    if (found == nullptr) return;
    if (found->is_bool()) {
      *out = found->get_bool();
    } else {
      *damaged_ = true;
    }
  }
  void Read(std::string_view name, base::Timestamp* out) const {
    std::int64_t millis = base::ToMillis(*out);
    Read(name, &millis);
    *out = base::FromMillis(millis);
  }
  template <class T>
  void Read(std::string_view name, std::optional<T>* out) const {
    if (Find(name) == nullptr) return;
    Read(name, &out->emplace());
  }
  // `parse` takes the text and returns an optional.
  template <class T, class Parse>
  void Read(std::string_view name, T* out, Parse parse) const {
    const value* found = Find(name);
    if (found == nullptr) return;
    if (auto parsed = parse(Text(*found))) {
      *out = *parsed;  // NOLINT(bugprone-optional-value-conversion): T need not be optional
    } else {
      *damaged_ = true;
    }
  }
  template <class Take>
  void ReadObject(std::string_view name, Take take) const {
    const value* found = Find(name);
    if (found == nullptr) return;
    if (found->is_object()) {
      take(ObjectReader(found->get_object(), damaged_));
    } else {
      *damaged_ = true;
    }
  }
  template <class Take>
  void ReadTexts(std::string_view name, Take take) const {
    const value* found = Find(name);
    if (found == nullptr) return;
    if (!found->is_array()) {
      *damaged_ = true;
      return;
    }
    for (const value& item : found->get_array()) take(Text(item));
  }
  template <class Take>
  void ReadIntegers(std::string_view name, Take take) const {
    const value* found = Find(name);
    if (found == nullptr) return;
    if (!found->is_array()) {
      *damaged_ = true;
      return;
    }
    for (const value& item : found->get_array()) {
      if (item.is_int64()) {
        take(item.get_int64());
      } else {
        *damaged_ = true;
      }
    }
  }
  void MarkDamaged() const { *damaged_ = true; }

 private:
  std::string_view Text(const value& text) const {
    if (text.is_string()) return text.get_string();
    *damaged_ = true;
    return {};
  }

  const base::json::object& object_;
  bool* damaged_;
};

// The enumerator below `count` whose ToString is `text`.
template <class Enum>
std::optional<Enum> ParseEnum(std::string_view text, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (ToString(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

std::optional<domain::FailureCode> ParseFailure(std::string_view text) {
  return ParseEnum<domain::FailureCode>(
      text, static_cast<std::size_t>(domain::FailureCode::kChallengeFailed) + 1);
}

std::optional<base::Sha256Digest> ParseDigest(std::string_view text) {
  const auto bytes = base::DecodeBase64Url(text);
  base::Sha256Digest digest;
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::ranges::copy(*bytes, digest.begin());
  return digest;
}

domain::CardSession ReadCardSession(const ObjectReader& reader) {
  domain::CardSession card_session;
  reader.Read("id", &card_session.id);
  reader.Read("provider", &card_session.provider);
  reader.Read("tds_return_url", &card_session.tds_return_url);
  reader.Read("valid_until", &card_session.valid_until);
  reader.ReadObject("card", [&](const ObjectReader& card) {
    card.Read("card_holder", &card_session.card.card_holder);
    card.Read("network", &card_session.card.network, domain::ParseEventNetwork);
    card.Read("expiry_month", &card_session.card.expiry_month);
    card.Read("expiry_year", &card_session.card.expiry_year);
    card.Read("first_six", &card_session.card.first_six);
    card.Read("last_four", &card_session.card.last_four);
  });
  return card_session;
}

domain::Challenge ReadChallenge(const ObjectReader& reader) {
  if (reader.Find("url") != nullptr) {
    domain::HostedChallenge hosted;
    reader.Read("url", &hosted.url);
    return hosted;
  }
  if (reader.Find("creq") != nullptr) {
    domain::EmvChallenge emv;
    reader.Read("acs_url", &emv.acs_url);
    reader.Read("creq", &emv.creq);
    reader.Read("three_ds_session_data", &emv.three_ds_session_data);
    return emv;
  }
  domain::PaReqChallenge pa_req;
  reader.Read("acs_url", &pa_req.acs_url);
  reader.Read("pa_req", &pa_req.pa_req);
  reader.Read("md", &pa_req.md);
  return pa_req;
}

void ReadOpening(const ObjectReader& reader, domain::Session* session) {
  reader.ReadObject("continuation", [&](const ObjectReader& continuation) {
    continuation.Read("success", &session->continuation.success);
    continuation.Read("error", &session->continuation.error);
  });
  reader.ReadObject("payment", [&](const ObjectReader& payment) {
    payment.Read("id", &session->payment.id);
    payment.Read("amount_minor", &session->payment.amount_minor);
    payment.Read("currency_code", &session->payment.currency_code);
    payment.Read("order_id", &session->payment.order_id);
    payment.Read("customer_id", &session->payment.customer_id);
    payment.Read("vault_payment_method", &session->payment.vault_payment_method);
  });
  reader.ReadObject("merchant", [&](const ObjectReader& merchant) {
    merchant.Read("name", &session->merchant.name);
    merchant.ReadTexts("origins", [&](std::string_view origin) {
      session->merchant.origins.emplace_back(origin);
    });
  });
  reader.ReadTexts("allowed_networks", [&](std::string_view text) {
    if (const auto network = domain::ParseEventNetwork(text)) {
      session->allowed_networks.push_back(*network);
    } else {
      reader.MarkDamaged();
    }
  });
  reader.Read("locale", &session->locale);
  reader.Read("traceparent", &session->traceparent);
  reader.Read("request_id", &session->request_id);
}

void ReadProgress(const ObjectReader& reader, domain::Session* session) {
  reader.Read("max_attempts", &session->retries.max_attempts);
  reader.ReadIntegers("cool_down_s", [&](std::int64_t cool_down_s) {
    auto& cool_downs = session->retries.cool_downs;
    if (!cool_downs) cool_downs.emplace();
    cool_downs->emplace_back(cool_down_s);
  });
  if (reader.Find("cool_down_s") != nullptr && !session->retries.cool_downs) {
    session->retries.cool_downs.emplace();
  }
  reader.Read("attempts", &session->attempts);
  reader.Read("refused_at", &session->refused_at);
  reader.Read("lease_until", &session->lease_until);
  reader.Read("submit_digest", &session->submit_digest, ParseDigest);
  reader.ReadObject("card_session", [&](const ObjectReader& card_session) {
    session->card_session = ReadCardSession(card_session);
  });
  reader.ReadObject("challenge", [&](const ObjectReader& challenge) {
    session->challenge = ReadChallenge(challenge);
  });
  reader.Read("failure", &session->failure, ParseFailure);
  reader.Read("commerce_state", &session->commerce_state, domain::ParseCommerceState);
  reader.Read("returned_at", &session->returned_at);
  reader.Read("voided_after_end", &session->voided_after_end);
}

}  // namespace

SessionRow ToRow(const domain::Session& session) {
  SessionRow row;
  row.id = session.id;
  row.kind = domain::ToString(session.kind);
  row.state = domain::ToString(session.state);
  row.version = session.version;
  if (session.terminal_id != session.id) row.terminal_id = session.terminal_id;
  row.payment_terminal_id = session.payment_terminal_id;
  row.payment_id = domain::PaymentIdOf(session);
  row.created_at = session.created_at;
  row.expires_at = session.expires_at;
  if (domain::IsEnd(session.kind, session.state)) {
    row.ended_at = session.ended_at.value_or(session.expires_at);
  } else {
    row.due_at = std::min(session.expires_at, session.lease_until.value_or(session.expires_at));
  }
  return row;
}

base::Result<domain::Session> FromRow(const SessionRow& row, std::string_view document) {
  domain::Session session;
  const auto kind = ParseEnum<domain::SessionKind>(row.kind, 2);
  const auto state = ParseEnum<domain::SessionState>(row.state, domain::kSessionStateCount);
  // Text of ours was checked when it came in; what is stored must be readable whatever it is.
  base::json::parse_options options;
  options.allow_invalid_utf8 = true;
  std::array<unsigned char, 4096> buffer;
  base::json::monotonic_resource memory(buffer.data(), buffer.size());
  base::json::error_code error;
  const value root = base::json::parse(document, error, &memory, options);
  if (!kind || !state || error || !root.is_object()) {
    return base::Fail(base::ErrorCode::kInternal, "a stored session cannot be read");
  }
  session.id = row.id;
  session.kind = *kind;
  session.state = *state;
  session.version = row.version;
  session.terminal_id = row.terminal_id.value_or(row.id);
  session.payment_terminal_id = row.payment_terminal_id;
  session.created_at = row.created_at;
  session.expires_at = row.expires_at;
  session.ended_at = row.ended_at;
  bool damaged = false;
  const ObjectReader reader(root.get_object(), &damaged);
  ReadOpening(reader, &session);
  ReadProgress(reader, &session);
  if (damaged) return base::Fail(base::ErrorCode::kInternal, "a stored session cannot be read");
  return session;
}

}  // namespace obolus::storage
