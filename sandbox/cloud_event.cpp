#include "sandbox/cloud_event.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <utility>

#include "base/id.h"
#include "base/trace.h"
#include "base/url.h"

namespace obolus::sandbox {
namespace {

using base::ErrorCode;
using base::FieldError;
using base::JsonReader;
namespace json = base::json;

constexpr std::array<std::string_view, 11> kNetworks = {
    "VISA",     "MASTERCARD", "AMERICAN_EXPRESS", "DISCOVER",   "DINERS_CLUB", "JCB",
    "UNIONPAY", "MAESTRO",    "CARTES_BANCAIRES", "BANCONTACT", "DANKORT"};
constexpr std::array<std::string_view, 4> kReasons = {"SESSION_EXPIRED", "CANCELLED_BY_SHOPPER",
                                                      "ATTEMPTS_EXHAUSTED", "PROVIDER_UNAVAILABLE"};

bool IsDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool PassesLuhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (auto c = digits.rbegin(); c != digits.rend(); ++c, twice = !twice) {
    int digit = *c - '0';
    if (twice) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 == 0;
}

bool IsPan(std::string_view digits) {
  return digits.size() >= 13 && digits.size() <= 19 && PassesLuhn(digits);
}

bool LooksLikePan(std::string_view text) {
  if (base::ParseUuid(text)) return false;
  std::string joined;
  bool only_digits_and_gaps = true;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
    if (end > i) {
      std::string_view run = text.substr(i, end - i);
      if (IsPan(run)) return true;
      joined += run;
      i = end;
    } else {
      if (text[i] != ' ' && text[i] != '-') only_digits_and_gaps = false;
      ++i;
    }
  }
  return only_digits_and_gaps && IsPan(joined);
}

// Exactly one header of that name.
base::Result<std::string> OneHeader(const net::Headers& headers, std::string_view name) {
  const std::string pointer(name);
  if (headers.Count(name) == 0) return base::Invalid(pointer, pointer + " is missing");
  if (headers.Count(name) > 1) return base::Invalid(pointer, pointer + " is there more than once");
  const std::string& value = *headers.Find(name);
  if (value.empty()) return base::Invalid(pointer, pointer + " is empty");
  return value;
}

// RFC 3986: scheme ":" something, without spaces or control characters.
bool IsAbsoluteUri(std::string_view text) {
  auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return false;
  if (!std::isalpha(static_cast<unsigned char>(text[0]))) return false;
  auto scheme_character = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '-' || c == '.';
  };
  if (!std::ranges::all_of(text.substr(0, colon), scheme_character)) return false;
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

bool IsJsonMediaType(std::string_view value) {
  std::string_view type = value.substr(0, value.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return net::EqualsIgnoreCase(type, "application/json");
}

base::Status ReadAttributes(const net::HttpRequest& request, IncomingEvent& event) {
  auto version = OneHeader(request.headers, "ce-specversion");
  if (!version) return std::unexpected(version.error());
  if (*version != "1.0") return base::Invalid("ce-specversion", "ce-specversion must be 1.0");
  auto id = OneHeader(request.headers, "ce-id");
  if (!id) return std::unexpected(id.error());
  auto uuid = base::ParseUuid(*id);
  if (!uuid) return base::Invalid("ce-id", "ce-id must be a UUID");
  event.id = base::ToString(*uuid);
  auto type = OneHeader(request.headers, "ce-type");
  if (!type) return std::unexpected(type.error());
  event.type = *type;
  auto source = OneHeader(request.headers, "ce-source");
  if (!source) return std::unexpected(source.error());
  if (!IsAbsoluteUri(*source))
    return base::Invalid("ce-source", "ce-source must be an absolute URI");
  event.source = *source;
  auto time = OneHeader(request.headers, "ce-time");
  if (!time) return std::unexpected(time.error());
  auto parsed = base::ParseTime(*time);
  if (!parsed) return base::Invalid("ce-time", "ce-time must be an RFC 3339 time");
  event.time = *parsed;
  for (std::string_view name : {"ce-traceparent", "traceparent"}) {
    const auto* trace = request.headers.Find(name);
    if (trace && !base::ParseTraceParent(*trace)) {
      return base::Invalid(std::string(name), std::string(name) + " is not a W3C traceparent");
    }
  }
  return {};
}

// Reads one object of `data` and faults every member that the contract does not list.
class Members {
 public:
  Members(const json::object& object, std::string prefix, std::vector<FieldError>& faults,
          std::initializer_list<std::string_view> known)
      : object_(object), reader_(object, std::move(prefix), &faults) {
    for (const auto& member : object_) {
      std::string_view key(member.key().data(), member.key().size());
      if (std::ranges::find(known, key) == known.end()) {
        reader_.Fault(key, "is not a member of this event");
      }
      if (member.value().is_string() && member.value().as_string().empty()) {
        reader_.Fault(key, "is an empty string; null is the way to say nothing");
      }
    }
  }

  std::string Text(std::string_view member, std::size_t max_bytes = 256) {
    auto text = reader_.String(member, max_bytes);
    if (!reader_.Find(member)) reader_.Fault(member, "is required");
    return text.value_or("");
  }
  std::string Uuid(std::string_view member) {
    auto id = base::ParseUuid(Text(member, 36));
    if (!id && reader_.Find(member)) reader_.Fault(member, "must be a UUID");
    return id ? base::ToString(*id) : "";
  }
  void Number(std::string_view member, std::int64_t min, std::int64_t max) {
    if (!reader_.Integer(member, min, max) && !reader_.Find(member)) {
      reader_.Fault(member, "is required");
    }
  }
  void Digits(std::string_view member, std::size_t count) {
    std::string text = Text(member, count);
    if (!text.empty() && (text.size() != count || !IsDigits(text))) {
      reader_.Fault(member, "must be " + std::to_string(count) + " digits");
    }
  }
  template <class Range>
  void OneOf(std::string_view member, const Range& allowed) {
    std::string text = Text(member, 64);
    if (!text.empty() && std::ranges::find(allowed, text) == allowed.end()) {
      reader_.Fault(member, "has a value that the contract does not list");
    }
  }
  const json::object* Object(std::string_view member) {
    const auto* object = reader_.Object(member);
    if (!reader_.Find(member)) reader_.Fault(member, "is required");
    return object;
  }
  JsonReader& reader() { return reader_; }

 private:
  const json::object& object_;
  JsonReader reader_;
};

void CheckMaskedCard(const json::object& data, std::vector<FieldError>& faults) {
  Members card(data, "/card_session/data", faults,
               {"card_holder", "card_network", "expiration_month", "expiration_year", "first_six",
                "last_four"});
  card.reader().String("card_holder", 128);
  card.OneOf("card_network", kNetworks);
  card.Number("expiration_month", 1, 12);
  card.Number("expiration_year", 2000, 2199);
  card.Digits("first_six", 6);
  card.Digits("last_four", 4);
}

std::string CheckCardSessionCreated(const json::object& data, std::vector<FieldError>& faults) {
  Members root(data, "", faults, {"terminal_id", "card_session"});
  std::string terminal_id = root.Uuid("terminal_id");
  const auto* object = root.Object("card_session");
  if (!object) return terminal_id;
  Members session(*object, "/card_session", faults,
                  {"id", "provider", "tds_return_url", "valid_until", "data"});
  session.Text("id");
  session.Text("provider");
  auto return_url =
      base::ParseUrl(session.Text("tds_return_url", 2048), base::HttpPolicy::kHttpOnLoopback);
  if (!return_url) session.reader().Fault("tds_return_url", return_url.error().message);
  if (!base::ParseTime(session.Text("valid_until", 40))) {
    session.reader().Fault("valid_until", "must be an ISO 8601 time");
  }
  if (const auto* card = session.Object("data")) CheckMaskedCard(*card, faults);
  return terminal_id;
}

std::string CheckCardSessionFailed(const json::object& data, std::vector<FieldError>& faults) {
  Members root(data, "", faults, {"terminal_id", "reason"});
  std::string terminal_id = root.Uuid("terminal_id");
  if (const auto* object = root.Object("reason")) {
    Members reason(*object, "/reason", faults, {"code", "message"});
    reason.OneOf("code", kReasons);
    reason.Text("message", 512);
  }
  return terminal_id;
}

std::string CheckTdsResult(const json::object& data, std::vector<FieldError>& faults) {
  Members root(data, "", faults, {"tds_terminal_id", "terminal_id"});
  if (root.reader().Find("terminal_id")) root.Uuid("terminal_id");
  return root.Uuid("tds_terminal_id");
}

base::Status ReadData(const net::HttpRequest& request, IncomingEvent& event) {
  auto body = base::ParseJson(request.body);
  if (!body) return std::unexpected(body.error());
  if (auto pan = FindPanLikeMember(*body)) {
    return base::Invalid(*pan, "holds what looks like a card number");
  }
  if (!body->is_object()) return base::Invalid("", "data must be a JSON object");
  event.data = body->as_object();
  std::vector<FieldError> faults;
  if (event.type == "CardSessionCreated") {
    event.terminal_id = CheckCardSessionCreated(event.data, faults);
  } else if (event.type == "CardSessionFailed") {
    event.terminal_id = CheckCardSessionFailed(event.data, faults);
  } else if (event.type == "TDSResult") {
    event.terminal_id = CheckTdsResult(event.data, faults);
  } else {
    return base::Invalid("ce-type", "ce-type is not one that Commerce knows");
  }
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  return {};
}

std::optional<std::string> FindPan(const json::value& value, const std::string& pointer) {
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      std::string inner = pointer + "/" + std::string(member.key());
      if (LooksLikePan(std::string_view(member.key().data(), member.key().size()))) return inner;
      if (auto found = FindPan(member.value(), inner)) return found;
    }
  } else if (const auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (auto found = FindPan((*array)[i], pointer + "/" + std::to_string(i))) return found;
    }
  } else if (const auto* text = value.if_string()) {
    if (LooksLikePan(std::string_view(text->data(), text->size()))) return pointer;
  } else if (value.is_number()) {
    if (LooksLikePan(base::ToText(value))) return pointer;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FindPanLikeMember(const json::value& value) {
  return FindPan(value, "");
}

base::Result<IncomingEvent> ReadEvent(const net::HttpRequest& request) {
  IncomingEvent event;
  auto media_type = OneHeader(request.headers, "content-type");
  if (!media_type) return std::unexpected(media_type.error());
  if (!IsJsonMediaType(*media_type)) {
    return base::Fail(ErrorCode::kUnsupportedMediaType,
                      "content-type must be application/json (binary mode)");
  }
  if (auto read = ReadAttributes(request, event); !read) return std::unexpected(read.error());
  if (auto read = ReadData(request, event); !read) return std::unexpected(read.error());
  if (const auto* subject = request.headers.Find("ce-subject")) {
    auto uuid = base::ParseUuid(*subject);
    if (!uuid || base::ToString(*uuid) != event.terminal_id) {
      return base::Invalid("ce-subject", "ce-subject is not the terminal id of the data");
    }
  }
  return event;
}

net::Headers WriteEvent(const OutgoingEvent& event) {
  net::Headers headers{
      {"content-type", "application/json"}, {"ce-specversion", "1.0"}, {"ce-type", event.type},
      {"ce-source", event.source},          {"ce-id", event.id},       {"ce-time", event.time}};
  if (!event.subject.empty()) headers.Add("ce-subject", event.subject);
  if (!event.traceparent.empty()) headers.Add("ce-traceparent", event.traceparent);
  return headers;
}

}  // namespace obolus::sandbox
