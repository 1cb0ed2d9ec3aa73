#include "http/problem.h"

#include "base/json.h"

namespace obolus::http {
namespace {

namespace json = base::json;
using base::ErrorCode;

constexpr std::chrono::seconds kRetryAfter{1};

struct Kind {
  int status;
  std::string_view classifier;
  std::string_view title;
};

Kind KindOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMalformed:
      return {400, "MALFORMED", "The request cannot be read"};
    case ErrorCode::kInvalid:
      return {422, "VALIDATION_ERROR", "A member is not valid"};
    case ErrorCode::kUnauthorized:
      return {401, "UNAUTHORIZED", "Credentials are missing or not known"};
    case ErrorCode::kForbidden:
      return {403, "FORBIDDEN", "Not allowed"};
    case ErrorCode::kNotFound:
      return {404, "NOT_FOUND", "Not found"};
    case ErrorCode::kMethodNotAllowed:
      return {405, "METHOD_NOT_ALLOWED", "The method is not allowed here"};
    case ErrorCode::kConflict:
      return {409, "CONFLICT", "Not possible in this state"};
    case ErrorCode::kExpired:
      return {409, "SESSION_EXPIRED", "The session has expired"};
    case ErrorCode::kTooLarge:
      return {413, "TOO_LARGE", "The request is too large"};
    case ErrorCode::kUnsupportedMediaType:
      return {415, "UNSUPPORTED_MEDIA_TYPE", "The content type is not supported"};
    case ErrorCode::kRateLimited:
      return {429, "RATE_LIMITED", "Too many requests"};
    case ErrorCode::kUnavailable:
      return {503, "UNAVAILABLE", "Not available now"};
    case ErrorCode::kTimeout:
      return {504, "TIMEOUT", "No answer in time"};
    case ErrorCode::kInternal:
      return {500, "INTERNAL", "Something is wrong here"};
  }
  return {500, "INTERNAL", "Something is wrong here"};
}

std::string TypeOf(std::string_view classifier) {
  std::string slug(classifier);
  for (char& c : slug) c = c == '_' ? '-' : static_cast<char>(c | 0x20);
  return "urn:obolus:problem:" + slug;
}

net::HttpResponse Render(int status, std::string_view classifier, std::string_view title,
                         const base::Error& error, std::string_view instance) {
  json::object problem = {
      {"type", TypeOf(classifier)}, {"title", title}, {"status", status},
      {"detail", error.message},    {"code", status}, {"message", error.message},
      {"classifier", classifier},
  };
  if (!instance.empty()) problem["instance"] = "urn:request:" + std::string(instance);
  if (!error.fields.empty()) {
    json::array errors;
    for (const auto& field : error.fields) {
      errors.push_back({{"pointer", field.pointer}, {"detail", field.detail}});
    }
    problem["errors"] = std::move(errors);
  }
  for (const auto& [member, number] : error.extensions) problem[member] = number;
  net::HttpResponse response{.status = status, .headers = {}, .body = base::ToText(problem)};
  response.headers.Add("Content-Type", "application/problem+json");
  response.headers.Add("Cache-Control", "no-store");
  if (error.retry_after) {
    response.headers.Add("Retry-After", std::to_string(error.retry_after->count()));
  }
  return response;
}

}  // namespace

int StatusOf(ErrorCode code) {
  return KindOf(code).status;
}

net::HttpResponse MakeProblem(const base::Error& error, std::string_view instance) {
  const Kind kind = KindOf(error.code);
  base::Error shown = error;
  // Both say "come back", so both say when.
  const bool transient =
      error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kRateLimited;
  if (transient && !shown.retry_after) shown.retry_after = kRetryAfter;
  return Render(kind.status, kind.classifier, kind.title, shown, instance);
}

net::HttpResponse MakeGatewayProblem(bool timed_out, std::string detail,
                                     std::string_view instance) {
  const base::Error error{ErrorCode::kUnavailable, std::move(detail), {}, std::nullopt};
  if (timed_out) return Render(504, "TIMEOUT", "No answer in time", error, instance);
  return Render(502, "BAD_GATEWAY", "The destination gave no usable answer", error, instance);
}

net::HttpResponse MakeProblem(int status, std::string detail) {
  const std::string_view classifier = status == 413 || status == 431 ? "TOO_LARGE"
                                      : status == 408                ? "TIMEOUT"
                                      : status == 503                ? "UNAVAILABLE"
                                      : status >= 500                ? "INTERNAL"
                                                                     : "MALFORMED";
  base::Error error{ErrorCode::kMalformed, std::move(detail), {}, std::nullopt};
  if (status == 503) error.retry_after = kRetryAfter;
  return Render(status, classifier, "The request was refused", error, "");
}

}  // namespace obolus::http
