#include "sandbox/problem.h"

#include <utility>

namespace obolus::sandbox {
namespace {

namespace json = base::json;
using base::ErrorCode;

std::string_view TitleOf(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

struct Answer {
  int status;
  std::string_view classifier;
};

Answer AnswerFor(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMalformed:
      return {400, "MALFORMED"};
    case ErrorCode::kInvalid:
      return {422, "VALIDATION_ERROR"};
    case ErrorCode::kUnauthorized:
      return {401, "UNAUTHORIZED"};
    case ErrorCode::kForbidden:
      return {403, "FORBIDDEN"};
    case ErrorCode::kNotFound:
      return {404, "NOT_FOUND"};
    case ErrorCode::kMethodNotAllowed:
      return {405, "METHOD_NOT_ALLOWED"};
    case ErrorCode::kConflict:
      return {409, "CONFLICT"};
    case ErrorCode::kExpired:
      return {409, "SESSION_EXPIRED"};
    case ErrorCode::kTooLarge:
      return {413, "TOO_LARGE"};
    case ErrorCode::kUnsupportedMediaType:
      return {415, "UNSUPPORTED_MEDIA_TYPE"};
    case ErrorCode::kRateLimited:
      return {429, "RATE_LIMITED"};
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
      return {503, "UNAVAILABLE"};
    case ErrorCode::kInternal:
      return {500, "INTERNAL"};
  }
  std::unreachable();
}

}  // namespace

net::HttpResponse JsonAnswer(int status, const json::value& value) {
  return {status,
          {{"content-type", "application/json"}, {"cache-control", "no-store"}},
          base::ToText(value)};
}

net::HttpResponse Problem(int status, std::string_view classifier, std::string_view message,
                          const std::vector<base::FieldError>& fields) {
  json::object body{{"type", "about:blank"},   {"title", TitleOf(status)}, {"status", status},
                    {"detail", message},       {"code", status},           {"message", message},
                    {"classifier", classifier}};
  if (!fields.empty()) {
    json::array errors;
    for (const auto& field : fields) {
      errors.push_back(json::object{{"pointer", field.pointer}, {"detail", field.detail}});
    }
    body["errors"] = std::move(errors);
  }
  return {status,
          {{"content-type", "application/problem+json"}, {"cache-control", "no-store"}},
          base::ToText(body)};
}

net::HttpResponse Problem(const base::Error& error) {
  auto answer = AnswerFor(error.code);
  return Problem(answer.status, answer.classifier, error.message, error.fields);
}

base::Result<json::object> ReadJsonBody(const net::HttpRequest& request) {
  const auto* type = request.headers.Find("content-type");
  std::string_view media = type ? std::string_view(*type) : std::string_view();
  media = media.substr(0, media.find(';'));
  if (!net::EqualsIgnoreCase(media, "application/json")) {
    return base::Fail(ErrorCode::kUnsupportedMediaType, "content-type must be application/json");
  }
  auto value = base::ParseJson(request.body);
  if (!value) return std::unexpected(value.error());
  if (!value->is_object()) return base::Invalid("", "the body must be a JSON object");
  return std::move(value->as_object());
}

}  // namespace obolus::sandbox
