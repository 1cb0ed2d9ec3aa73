#include "storage/row_mapping.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/encoding.h"
#include "base/json.h"

namespace obolus::storage {
namespace {

using base::json::value;

// Appends members to one object. By hand because this runs on the writer thread for each insert:
// building a tree of values first takes four times as long.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string* out) : out_(out) { out_->push_back('{'); }
  ~ObjectWriter() { out_->push_back('}'); }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  void Name(std::string_view name) {
    if (!first_) out_->push_back(',');
    first_ = false;
    out_->append("\"").append(name).append("\":");
  }
  void Add(std::string_view name, std::string_view text) {
    Name(name);
    Quote(text);
  }
  void Add(std::string_view name, std::int64_t number) {
    Name(name);
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out_->append(digits.data(), end);
  }
  void Add(std::string_view name, base::Timestamp time) { Add(name, base::ToMillis(time)); }
  void AddBool(std::string_view name, bool flag) {
    Name(name);
    out_->append(flag ? "true" : "false");
  }
  template <class T>
  void Add(std::string_view name, const std::optional<T>& optional) {
    if (optional) Add(name, *optional);
  }
  void AddText(std::string_view name, std::string_view text) {
    if (!text.empty()) Add(name, text);
  }
  template <class Range, class Projection>
  void AddTexts(std::string_view name, const Range& range, Projection text_of) {
    if (range.empty()) return;
    Name(name);
    char separator = '[';
    for (const auto& item : range) {
      out_->push_back(separator);
      Quote(text_of(item));
      separator = ',';
    }
    out_->push_back(']');
  }
  std::string* out() { return out_; }

 private:
  void Quote(std::string_view text) {
    out_->push_back('"');
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        out_->push_back('\\');
        out_->push_back(c);
      } else if (static_cast<unsigned char>(c) < 0x20) {
        static constexpr std::string_view kHex = "0123456789abcdef";
        out_->append("\\u00").push_back(kHex[static_cast<unsigned char>(c) >> 4]);
        out_->push_back(kHex[static_cast<unsigned char>(c) & 15]);
      } else {
        out_->push_back(c);
      }
    }
    out_->push_back('"');
  }

  std::string* out_;
  bool first_ = true;
};

void WritePayment(ObjectWriter& parent, const domain::PaymentDetails& payment) {
  if (payment == domain::PaymentDetails{}) return;
  parent.Name("payment");
  ObjectWriter object(parent.out());
  object.Add("id", payment.id);
  object.Add("amount_minor", payment.amount_minor);
  object.Add("currency_code", payment.currency_code);
  object.Add("order_id", payment.order_id);
  object.Add("customer_id", payment.customer_id);
  if (payment.vault_payment_method) {
    object.AddBool("vault_payment_method", *payment.vault_payment_method);
  }
}

void WriteCardSession(ObjectWriter& parent, const domain::CardSession& card_session) {
  parent.Name("card_session");
  ObjectWriter object(parent.out());
  object.Add("id", card_session.id);
  object.Add("provider", card_session.provider);
  object.Add("tds_return_url", card_session.tds_return_url);
  object.Add("valid_until", card_session.valid_until);
  object.Name("card");
  ObjectWriter card(object.out());
  card.AddText("card_holder", card_session.card.card_holder);
  card.Add("network", domain::SpellingOf(card_session.card.network).event);
  card.Add("expiry_month", std::int64_t{card_session.card.expiry_month});
  card.Add("expiry_year", std::int64_t{card_session.card.expiry_year});
  card.Add("first_six", card_session.card.first_six);
  card.Add("last_four", card_session.card.last_four);
}

void WriteChallenge(ObjectWriter& parent, const domain::Challenge& challenge) {
  parent.Name("challenge");
  ObjectWriter object(parent.out());
  if (const auto* hosted = std::get_if<domain::HostedChallenge>(&challenge)) {
    object.Add("url", hosted->url);
  } else if (const auto* emv = std::get_if<domain::EmvChallenge>(&challenge)) {
    object.Add("acs_url", emv->acs_url);
    object.Add("creq", emv->creq);
    object.Add("three_ds_session_data", emv->three_ds_session_data);
  } else {
    const auto& pa_req = std::get<domain::PaReqChallenge>(challenge);
    object.Add("acs_url", pa_req.acs_url);
    object.Add("pa_req", pa_req.pa_req);
    object.Add("md", pa_req.md);
  }
}

void WriteDocument(const domain::Session& session, std::string* out) {
  ObjectWriter document(out);
  if (session.continuation != domain::Continuation{}) {
    document.Name("continuation");
    ObjectWriter continuation(out);
    continuation.Add("success", session.continuation.success);
    continuation.Add("error", session.continuation.error);
  }
  WritePayment(document, session.payment);
  if (session.merchant != domain::Merchant{}) {
    document.Name("merchant");
    ObjectWriter merchant(out);
    merchant.Add("name", session.merchant.name);
    merchant.AddTexts("origins", session.merchant.origins,
                      [](const std::string& origin) -> std::string_view { return origin; });
  }
  document.AddTexts("allowed_networks", session.allowed_networks,
                    [](domain::CardNetwork network) { return domain::SpellingOf(network).event; });
  document.Add("locale", session.locale);
  if (session.attempts != 0) document.Add("attempts", std::int64_t{session.attempts});
  document.Add("lease_until", session.lease_until);
  if (session.submit_digest) {
    document.Add("submit_digest", base::EncodeBase64Url(*session.submit_digest));
  }
  if (session.card_session) WriteCardSession(document, *session.card_session);
  if (session.challenge) WriteChallenge(document, *session.challenge);
  if (session.failure) document.Add("failure", domain::ToString(*session.failure));
  if (session.commerce_state) {
    document.Add("commerce_state", domain::ToString(*session.commerce_state));
  }
  if (session.voided_after_end) document.AddBool("voided_after_end", true);
  document.AddText("traceparent", session.traceparent);
  document.AddText("request_id", session.request_id);
}

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
      *out = *parsed;
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
  reader.Read("attempts", &session->attempts);
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
  row.created_at = session.created_at;
  row.expires_at = session.expires_at;
  if (domain::IsEnd(session.kind, session.state)) {
    row.ended_at = session.ended_at.value_or(session.expires_at);
  } else {
    row.due_at = std::min(session.expires_at, session.lease_until.value_or(session.expires_at));
  }
  return row;
}

std::string ToDocument(const domain::Session& session) {
  std::string out;
  out.reserve(512);
  WriteDocument(session, &out);
  return out;
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
