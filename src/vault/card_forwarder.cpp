#include "vault/card_forwarder.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/url.h"
#include "net/ip_address.h"
#include "vault/echo_masker.h"
#include "vault/forward_template.h"

namespace obolus::vault {
namespace {

using app::ForwardOutcome;
using base::ErrorCode;
using base::Result;
using base::SecretBytes;
using base::Status;
using Kind = ForwardOutcome::Kind;

constexpr std::size_t kMostHeaders = 32;
constexpr std::size_t kLongestName = 128;
constexpr std::size_t kLongestValue = 8192;

// What belongs to the connection, or would change what is sent or comes back (RFC 9110 §7.6.1).
constexpr std::array<std::string_view, 12> kOurHeaders = {
    "accept-encoding",   "connection",       "content-length",      "expect", "host",
    "keep-alive",        "proxy-connection", "proxy-authorization", "te",     "trailer",
    "transfer-encoding", "upgrade"};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return lower;
}

bool IsToken(std::string_view name) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           kOthers.contains(c);
  });
}

bool IsFieldValue(std::string_view value) {
  return value.size() <= kLongestValue && std::ranges::all_of(value, [](char c) {
           return c == '\t' || (static_cast<std::uint8_t>(c) >= 0x20 && c != 0x7f);
         });
}

Status CheckHeaders(const app::HeaderLines& headers) {
  if (headers.size() > kMostHeaders) return base::Invalid("/headers", "must be at most 32");
  for (const auto& [name, value] : headers) {
    if (!IsToken(name)) return base::Invalid("/headers", "a name is not one of HTTP (RFC 9110)");
    const std::string place = "/headers/" + name;
    if (std::ranges::find(kOurHeaders, Lower(name)) != kOurHeaders.end()) {
      return base::Invalid(place, "is set by Obolus and cannot be");
    }
    if (!IsFieldValue(value)) {
      return base::Invalid(place,
                           "holds a line break or another control character, or is too long");
    }
    if (value.contains("{{")) {
      return base::Invalid(place, "placeholders stand in the body only");
    }
  }
  return {};
}

Result<BodyKind> KindOf(const app::HeaderLines& headers) {
  std::string media;
  for (const auto& [name, value] : headers) {
    if (Lower(name) != "content-type") continue;
    if (!media.empty()) return base::Invalid("/headers/content-type", "stands there twice");
    media = Lower(std::string_view(value).substr(0, value.find(';')));
    media.erase(media.find_last_not_of(' ') + 1);
    if (Lower(value).contains("charset") && !Lower(value).contains("utf-8")) {
      return base::Invalid("/headers/content-type", "must be in UTF-8");
    }
  }
  if (media == "application/json" || media.ends_with("+json")) return BodyKind::kJson;
  if (media == "application/x-www-form-urlencoded") return BodyKind::kForm;
  if (media == "application/xml" || media == "text/xml" || media.ends_with("+xml")) {
    return BodyKind::kXml;
  }
  return base::Invalid("/headers/content-type",
                       "must be JSON, application/x-www-form-urlencoded or XML, so that values are "
                       "escaped for it");
}

// Paths that a destination may read otherwise than we compare them.
bool IsPlainPath(std::string_view path) {
  const std::string lower = Lower(path.substr(0, path.find('?')));
  for (const char* doubtful : {"%2e", "%2f", "%5c", "%00", "\\", "//", ";"}) {
    if (lower.contains(doubtful)) return false;
  }
  for (std::size_t at = 0; at < lower.size();) {
    const std::size_t end = std::min(lower.find('/', at), lower.size());
    const std::string_view segment = std::string_view(lower).substr(at, end - at);
    if (segment == "." || segment == "..") return false;
    at = end + 1;
  }
  return std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7f; });
}

bool IsUnder(std::string_view path, std::string_view prefix) {
  path = path.substr(0, path.find('?'));
  if (!path.starts_with(prefix)) return false;
  return prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/';
}

Status MayConnect(const sockaddr& address) {
  if (net::IsPublic(address)) return {};
  return base::Fail(ErrorCode::kForbidden,
                    "the destination is at an address that is not on the public Internet");
}

}  // namespace

// A call that was looked at.
struct CardForwarder::Call final : Prepared {
  bool UsesSecurityCode() const override { return body.Uses(CardField::kSecurityCode); }
  std::string Fields() const override {
    std::string fields;
    for (const CardField field :
         {CardField::kAccountNumber, CardField::kCardholderName, CardField::kExpiryMonth,
          CardField::kExpiryYear, CardField::kSecurityCode}) {
      if (!body.Uses(field)) continue;
      if (!fields.empty()) fields += ' ';
      fields += ToString(field);
    }
    return fields;
  }
  std::string Destination() const override { return shown; }
  const std::string& Method() const override { return method; }

  std::size_t destination = 0;
  std::string method;
  std::string url;
  std::string shown;
  app::HeaderLines headers;
  ForwardTemplate body;
};

// A call on its way.
struct CardForwarder::Exchange {
  Exchange(const SecretBytes& card_number, const SecretBytes& used_code,
           std::vector<std::string> before)
      : number(card_number.Clone()),
        code(used_code.Clone()),
        before_code(std::move(before)),
        masker(number, code, before_code) {}

  const SecretBytes number;
  const SecretBytes code;
  const std::vector<std::string> before_code;
  EchoMasker masker;
  std::string body;

  std::string MaskValue(std::string_view value) const {
    EchoMasker of_value(number, code, before_code);
    std::string masked;
    of_value.Feed(value, &masked);
    of_value.Finish(&masked);
    return masked;
  }
};

struct CardForwarder::Counters {
  explicit Counters(base::Metrics& metrics)
      : masked(metrics.AddCounter("obolus_forward_masked_total",
                                  "Answers of destinations that repeated card data.")) {
    for (const char* outcome : {"answered", "not_sent", "unknown"}) {
      calls[outcome] =
          metrics.AddCounter("obolus_forward_calls_total",
                             "Forward calls that were begun, by outcome.", {{"outcome", outcome}});
    }
  }
  std::map<std::string, base::Counter> calls;
  base::Counter masked;
};

Result<std::unique_ptr<CardForwarder>> CardForwarder::Make(ForwarderOptions options,
                                                           const EmbeddedVault& vault,
                                                           base::Metrics& metrics) {
  std::unique_ptr<CardForwarder> forwarder(new CardForwarder(std::move(options), vault, metrics));
  for (const ForwardDestination& destination : forwarder->options_.destinations) {
    net::ClientOptions client{
        .tls = destination.tls,
        .connect_timeout = std::min(base::Millis(5'000), forwarder->options_.timeout),
        .timeout = forwarder->options_.timeout,
        .max_response_bytes = forwarder->options_.max_response_bytes,
        .direct = true,
        .resolve = destination.resolve};
    if (!destination.internal) client.may_connect = MayConnect;
    auto made = net::HttpClient::Make(std::move(client));
    if (!made) return std::unexpected(made.error());
    forwarder->clients_.push_back(std::move(*made));
  }
  return forwarder;
}

CardForwarder::CardForwarder(ForwarderOptions options, const EmbeddedVault& vault,
                             base::Metrics& metrics)
    : options_(std::move(options)), vault_(vault), counters_(std::make_unique<Counters>(metrics)) {}

CardForwarder::~CardForwarder() {
  Close();
}

// The destination with the longest path that fits.
Result<std::size_t> CardForwarder::FindDestination(const std::string& method,
                                                   const std::string& url) const {
  if (url.contains("{{")) return base::Invalid("/url", "placeholders stand in the body only");
  const auto parsed = base::ParseUrl(url, base::HttpPolicy::kHttpOnLoopback);
  if (!parsed) return base::Invalid("/url", parsed.error().message);
  if (url.contains('#') || !IsPlainPath(parsed->path)) {
    return base::Invalid("/url",
                         "must be written plainly: no dot segments, no escaped or double "
                         "slashes, no fragment");
  }
  if (method != "POST" && method != "PUT" && method != "PATCH") {
    return base::Invalid("/method", "must be POST, PUT or PATCH: a card travels in a body");
  }
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < options_.destinations.size(); ++i) {
    const ForwardDestination& destination = options_.destinations[i];
    const bool fits = destination.origin == parsed->Origin() &&
                      IsUnder(parsed->path, destination.path_prefix) &&
                      std::ranges::find(destination.methods, method) != destination.methods.end();
    const bool is_longer =
        !best || destination.path_prefix.size() > options_.destinations[*best].path_prefix.size();
    if (fits && is_longer) best = i;
  }
  if (best) return *best;
  return base::Fail(ErrorCode::kForbidden,
                    "no destination of the configuration allows this method and url");
}

Result<std::unique_ptr<app::CardForwarder::Prepared>> CardForwarder::Prepare(
    app::ForwardCall given) const {
  const auto destination = FindDestination(given.method, given.url);
  if (!destination && destination.error().code == ErrorCode::kInvalid) {
    return std::unexpected(destination.error());
  }
  if (auto checked = CheckHeaders(given.headers); !checked) {
    return std::unexpected(checked.error());
  }
  const auto kind = KindOf(given.headers);
  if (!kind) return std::unexpected(kind.error());
  auto body = ForwardTemplate::Parse(given.body, *kind);
  if (!body) return std::unexpected(body.error());
  if (!destination) return std::unexpected(destination.error());
  const auto parsed = base::ParseUrl(given.url, base::HttpPolicy::kHttpOnLoopback);
  auto call = std::make_unique<Call>();
  call->destination = *destination;
  call->method = std::move(given.method);
  // Put together again from what was compared, so that nobody reads it otherwise.
  call->url = parsed->Origin() + parsed->path;
  call->shown = call->url.substr(0, call->url.find('?'));
  call->headers = std::move(given.headers);
  call->body = std::move(*body);
  return call;
}

void CardForwarder::Send(std::unique_ptr<Prepared> prepared, app::SealedCard sealed,
                         std::optional<SecretBytes> code, base::Done<ForwardOutcome> done) {
  auto* call = dynamic_cast<Call*>(prepared.get());
  CHECK(call != nullptr);
  if (++under_way_ > options_.most_at_once) {
    --under_way_;
    return done(base::Fail(ErrorCode::kRateLimited, "as many forward calls as may be are made"));
  }
  const auto card = vault_.Open(sealed);
  if (!card) {
    --under_way_;
    return done(base::Fail(ErrorCode::kMalformed, "the sealed card does not open"));
  }
  const SecretBytes no_code;
  const SecretBytes& used = code ? *code : no_code;
  auto exchange = std::make_shared<Exchange>(card->account_number, used, call->body.BeforeCode());
  net::ClientRequest request{.method = call->method, .url = call->url};
  for (auto& [name, value] : call->headers) request.headers.Add(name, value);
  request.headers.Add("Accept-Encoding", "identity");
  request.secret_body = std::make_shared<const SecretBytes>(call->body.Render(*card, used));
  request.on_body = [exchange](std::string_view piece) {
    exchange->masker.Feed(piece, &exchange->body);
    return true;
  };
  clients_[call->destination]->Send(
      std::move(request),
      [this, exchange, done = std::move(done)](base::Result<net::HttpResponse> response) mutable {
        ForwardOutcome outcome = Read(*exchange, std::move(response));
        --under_way_;
        static constexpr const char* kOutcomes[] = {"answered", "not_sent", "unknown"};
        counters_->calls.at(kOutcomes[static_cast<int>(outcome.kind)]).Add();
        if (exchange->masker.hits() > 0) counters_->masked.Add();
        done(std::move(outcome));
      });
}

ForwardOutcome CardForwarder::Read(Exchange& exchange,
                                   base::Result<net::HttpResponse> response) const {
  if (!response) {
    const auto& said = response.error().extensions;
    const bool is_sent = said.empty() || said.front().first != net::kNothingSent;
    return {.kind = !is_sent ? Kind::kNotSent : Kind::kUnknown,
            .timed_out = response.error().code == ErrorCode::kTimeout,
            .detail = response.error().message};
  }
  exchange.masker.Finish(&exchange.body);
  ForwardOutcome outcome{.kind = Kind::kAnswered, .status = response->status};
  for (const net::Header& header : response->headers) {
    const std::string name = Lower(header.name);
    if (name == "content-encoding" && Lower(header.value) != "identity") {
      return {
          .kind = Kind::kUnknown,
          .detail = "the destination answered " + std::to_string(response->status) +
                    " in an encoding that was not asked for, in which card data cannot be seen"};
    }
    const bool is_handed_on =
        name == "content-type" ||
        std::ranges::find(options_.response_headers, name) != options_.response_headers.end();
    if (is_handed_on) outcome.headers.emplace_back(name, exchange.MaskValue(header.value));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): it is ours, and ends here
    base::WipeMemory(const_cast<char*>(header.value.data()), header.value.size());
  }
  outcome.body = std::move(exchange.body);
  return outcome;
}

}  // namespace obolus::vault
