#include "http/challenge_return.h"

#include <algorithm>
#include <array>

#include "app/emv_message.h"
#include "base/url.h"

namespace obolus::http {
namespace {

using domain::ChallengeReport;
using domain::ReportForm;

constexpr std::size_t kMostFields = 64;
constexpr std::size_t kLongestBoundary = 70;  // RFC 2046 §5.1.1

// What 3-D Secure names its fields; issuers vary the case.
enum class Name : std::uint8_t { kCres, kErro, kError, kPares, kMd, kSessionData };
constexpr std::array<std::string_view, 6> kNames = {"cres",  "erro", "error",
                                                    "pares", "md",   "threeDSSessionData"};

struct Fields {
  std::array<std::optional<std::string>, kNames.size()> values{};
  std::size_t seen = 0;
  bool repeated = false;

  const std::optional<std::string>& operator[](Name name) const {
    return values[static_cast<std::size_t>(name)];
  }
  bool Full() const { return seen >= kMostFields; }

  void Take(std::string_view name, std::string value) {
    ++seen;
    const auto known = std::ranges::find_if(
        kNames, [&](std::string_view wanted) { return net::EqualsIgnoreCase(name, wanted); });
    if (known == kNames.end() || value.empty()) return;
    auto& slot = values[static_cast<std::size_t>(known - kNames.begin())];
    if (!slot) {
      slot = std::move(value);
    } else if (*slot != value) {
      repeated = true;
    }
  }
};

// As it stands where an escape is broken.
std::string Decoded(std::string_view text) {
  auto decoded = base::PercentDecode(text, true);
  return decoded ? std::move(*decoded) : std::string(text);
}

void ReadUrlEncoded(std::string_view text, Fields& fields) {
  while (!text.empty() && !fields.Full()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    fields.Take(Decoded(pair.substr(0, equals)),
                Decoded(pair.substr(std::min(equals + 1, pair.size()))));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// The value of a parameter of a header: boundary=x, name="cres".
std::string_view Parameter(std::string_view header, std::string_view name) {
  for (std::size_t at = header.find(';'); at != std::string_view::npos; at = header.find(';')) {
    header.remove_prefix(at + 1);
    header.remove_prefix(std::min(header.find_first_not_of(" \t"), header.size()));
    const bool is_it = header.size() > name.size() && header[name.size()] == '=' &&
                       net::EqualsIgnoreCase(header.substr(0, name.size()), name);
    if (!is_it) continue;
    std::string_view value = header.substr(name.size() + 1);
    if (value.starts_with('"')) {
      value.remove_prefix(1);
      return value.substr(0, value.find('"'));
    }
    return value.substr(0, value.find_first_of("; \t\r\n"));
  }
  return "";
}

// RFC 7578, as browsers write it.
void ReadMultipart(std::string_view text, std::string_view boundary, Fields& fields) {
  const std::string delimiter = "--" + std::string(boundary);
  std::size_t at = text.find(delimiter);
  while (at != std::string_view::npos && !fields.Full()) {
    text.remove_prefix(at + delimiter.size());
    at = text.find(delimiter);
    std::string_view part = text.substr(0, at);
    const std::size_t head_end = part.find("\r\n\r\n");
    if (head_end == std::string_view::npos) continue;
    const std::string_view head = part.substr(0, head_end);
    part.remove_prefix(head_end + 4);
    if (part.ends_with("\r\n")) part.remove_suffix(2);
    fields.Take(Parameter(head, "name"), std::string(part));
  }
}

Fields ReadFields(const net::HttpRequest& request) {
  Fields fields;
  const std::string* type = request.headers.Find("Content-Type");
  const std::string_view boundary = type == nullptr ? "" : Parameter(*type, "boundary");
  if (boundary.empty() || boundary.size() > kLongestBoundary) {
    ReadUrlEncoded(request.body, fields);
  } else {
    ReadMultipart(request.body, boundary, fields);
  }
  ReadUrlEncoded(request.query, fields);
  return fields;
}

bool IsCres(const app::EmvMessage& message) {
  return message.type.empty() || message.type == "CRes";
}

void ReadMessage(const std::string& text, ChallengeReport& report) {
  report.form = ReportForm::kUnreadable;
  auto message = app::ReadEmvMessage(text);
  if (!message) return;
  if (message->type == "Erro") {
    report.form = ReportForm::kError;
  } else if (IsCres(*message)) {
    report.form = ReportForm::kCres;
  } else {
    return;
  }
  report.trans_status = std::move(message->trans_status);
  report.challenge_cancel = std::move(message->challenge_cancel);
  report.message_version = std::move(message->message_version);
  report.error_code = std::move(message->error_code);
  report.ids = {std::move(message->acs_trans_id), std::move(message->three_ds_server_trans_id)};
}

}  // namespace

ChallengeReport ReadChallengeReturn(const net::HttpRequest& request) {
  ChallengeReport report{.bytes = request.body.size() + request.query.size(),
                         .by_post = request.method == "POST"};
  if (report.bytes > kLongestReturn) {
    report.form = ReportForm::kUnreadable;
    return report;
  }
  const Fields fields = ReadFields(request);
  report.repeated = fields.repeated;
  report.md = fields[Name::kMd];
  report.session_data = fields[Name::kSessionData];
  for (const Name name : {Name::kCres, Name::kErro, Name::kError}) {
    if (!fields[name]) continue;
    ReadMessage(*fields[name], report);
    return report;
  }
  if (fields[Name::kPares]) report.form = ReportForm::kPares;
  return report;
}

}  // namespace obolus::http
