#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/html.h"
#include "base/id.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/jwe.h"
#include "base/jwe_encrypter.h"
#include "base/trace.h"
#include "base/url.h"
#include "fuzz/promises.h"
#include "fuzz/request_text.h"
#include "fuzz/targets.h"

namespace obolus::fuzz {
namespace {

namespace json = base::json;

std::size_t DepthOf(const json::value& value) {
  std::size_t deepest = 0;
  if (value.is_array()) {
    for (const auto& item : value.get_array()) deepest = std::max(deepest, DepthOf(item));
  } else if (value.is_object()) {
    for (const auto& item : value.get_object()) deepest = std::max(deepest, DepthOf(item.value()));
  } else {
    return 0;
  }
  return deepest + 1;
}

// Equal, but for the last digits of a floating-point number, of which no protocol of ours has one.
bool IsAlike(const json::value& a, const json::value& b) {
  if (a.kind() != b.kind()) return false;
  if (a.is_double()) {
    const double x = a.get_double(), y = b.get_double();
    return x == y || std::abs(x - y) <= std::abs(x) * 1e-12;
  }
  if (a.is_array()) return std::ranges::equal(a.get_array(), b.get_array(), IsAlike);
  if (!a.is_object()) return a == b;
  return std::ranges::equal(a.get_object(), b.get_object(), [](const auto& x, const auto& y) {
    return x.key() == y.key() && IsAlike(x.value(), y.value());
  });
}

struct Keys {
  base::JweDecrypter decrypter;
  json::object ec;
};

std::vector<base::JweKey> NewKeys() {
  std::vector<base::JweKey> keys;
  keys.push_back(base::JweKey::Generate(base::JweKeyKind::kEc, "ec-1"));
  keys.push_back(base::JweKey::Generate(base::JweKeyKind::kRsa, "rsa-1"));
  return keys;
}

const Keys& TheKeys() {
  static const auto& keys = *new Keys([] {
    base::JweDecrypter decrypter(NewKeys());
    auto ec = decrypter.PublicJwk(base::JweKeyKind::kEc);
    return Keys{std::move(decrypter), std::move(ec)};
  }());
  return keys;
}

}  // namespace

void FuzzJson(std::string_view bytes) {
  const std::string_view pointer = TakeUntil(&bytes, "\n");
  constexpr base::JsonLimits kLimits{.max_bytes = 4096, .max_depth = 8};
  const auto value = base::ParseJson(bytes, kLimits);
  if (!value) return CheckRefusal(value.error());
  CHECK(bytes.size() <= kLimits.max_bytes);
  CHECK(DepthOf(*value) <= kLimits.max_depth);
  // Printing may add escapes, and so bytes, but nothing else.
  const auto again = base::ParseJson(base::ToText(*value), {.max_bytes = 1 << 20});
  CHECK(again.has_value() && IsAlike(*again, *value));
  if (const json::value* found = base::FindPointer(*value, pointer)) {
    CHECK(base::FindString(*value, pointer).has_value() == found->is_string());
  }
  if (!value->is_object()) return;
  std::vector<base::FieldError> faults;
  base::JsonReader reader(value->get_object(), "", &faults);
  for (const auto& member : value->get_object()) {
    const std::string_view name = member.key();
    reader.String(name, 16);
    reader.Integer(name, -10, 10);
    reader.Boolean(name);
    reader.Object(name);
    reader.Array(name, 4);
  }
  for (const auto& fault : faults) CHECK(IsPointer(fault.pointer) && !fault.detail.empty());
}

// Lines: the header as JSON, then the encrypted key, the IV, the ciphertext and the tag as they
// are; or the token as it is, when there is no line end.
void FuzzJwe(std::string_view bytes) {
  std::string token(bytes);
  if (bytes.contains('\n')) {
    token = base::EncodeBase64Url(base::AsBytes(TakeUntil(&bytes, "\n")));
    for (int part = 0; part < 4; ++part) {
      token += '.' + base::EncodeBase64Url(base::AsBytes(TakeUntil(&bytes, "\n")));
    }
  }
  const auto plaintext = TheKeys().decrypter.Decrypt(token);
  CHECK(!plaintext);  // nobody has made it for these keys
  CheckRefusal(plaintext.error());
  CHECK(!HoldsCardNumber(plaintext.error().message));
}

// The first two bytes say where one character of a good token is changed, the third into what.
void FuzzJweRoundTrip(std::string_view bytes) {
  if (bytes.size() < 3 || bytes.size() > 2048) return;
  const auto byte = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const std::string_view plaintext = bytes.substr(3);
  auto token = base::EncryptJwe(TheKeys().ec, plaintext);
  CHECK(token.has_value());
  const auto opened = TheKeys().decrypter.Decrypt(*token);
  CHECK(opened.has_value() && opened->text() == plaintext);
  char& changed = (*token)[(byte(0) * 256U + byte(1)) % token->size()];
  if (changed == bytes[2]) return;
  changed = bytes[2];
  CHECK(!TheKeys().decrypter.Decrypt(*token));
}

void FuzzUrl(std::string_view bytes) {
  for (const auto policy : {base::HttpPolicy::kHttpsOnly, base::HttpPolicy::kHttpOnLoopback}) {
    const auto url = base::ParseUrl(bytes, policy);
    if (!url) {
      CheckRefusal(url.error());
      continue;
    }
    CHECK(bytes.size() <= 2048 && url->text == bytes);
    CHECK(url->scheme == "https" || (url->scheme == "http" && url->IsLoopback() &&
                                     policy == base::HttpPolicy::kHttpOnLoopback));
    CHECK(!url->host.empty() && url->path.starts_with('/') && !url->path.contains('#'));
    // What stands in a Content-Security-Policy ends neither its source nor its directive.
    CHECK(url->Origin().find_first_of(" ;,'\"\t\r\n") == std::string::npos);
    const auto origin = base::ParseUrl(url->Origin(), policy);
    CHECK(origin && origin->Origin() == url->Origin() && origin->port == url->port);
  }
  for (const bool plus_is_space : {false, true}) {
    const auto decoded = base::PercentDecode(bytes, plus_is_space);
    CHECK(!decoded || decoded->size() <= bytes.size());
  }
}

// The small texts of headers: times, ids, traces; and what is written by hand into JSON and HTML.
void FuzzText(std::string_view bytes) {
  if (const auto time = base::ParseTime(bytes)) {
    CHECK(base::ParseTime(base::FormatTime(*time)) == *time);
  }
  if (const auto id = base::ParseUuid(bytes)) {
    CHECK(bytes.size() == 36 && base::ParseUuid(base::ToString(*id)) == *id);
  }
  if (const auto trace = base::ParseTraceParent(bytes)) {
    const auto again = base::ParseTraceParent(base::FormatTraceParent(*trace));
    CHECK(again && again->trace_id == trace->trace_id && again->parent_id == trace->parent_id);
    CHECK(base::TraceIdOf(bytes) == trace->trace_id);
  } else {
    CHECK(base::TraceIdOf(bytes).empty());
  }
  const base::Bytes raw(bytes.begin(), bytes.end());
  CHECK(base::DecodeHex(base::EncodeHex(raw)) == raw);
  CHECK(base::DecodeBase64Url(base::EncodeBase64Url(raw)) == raw);
  if (const auto decoded = base::DecodeBase64Url(bytes)) {
    CHECK(base::EncodeBase64Url(*decoded) == bytes);  // one text for the same bytes
  }
  CHECK(base::EscapeHtml(bytes).find_first_of("<>\"'") == std::string::npos);
  std::string written;
  {
    base::JsonObject(&written).Add("text", bytes);
  }
  if (const auto read = base::ParseJson(written, {.max_bytes = 1 << 20})) {
    CHECK(base::FindString(*read, "/text") == bytes);
  }
}

}  // namespace obolus::fuzz
